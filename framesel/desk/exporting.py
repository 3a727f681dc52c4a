"""Finished picks go to export from the desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict

from framesel import exporting, table_files
from framesel.desk.desk import Desk
from framesel.desk.jobs import Job, Jobs
from framesel.desk.replies import told
from framesel.errors import UsageError
from framesel.runners.local import LocalRunner


class Nothing(BaseModel):
    """No more is to be said."""

    model_config = ConfigDict(extra="forbid")


def router(desk: Desk) -> APIRouter:
    """Starts an export, tells how far it is, and ends the desk."""
    api = APIRouter(prefix="/api")
    jobs = Jobs()

    def work(job: Job) -> str:
        heard = desk.now.history.last
        errors = exporting.export_now(desk.workspace, job, LocalRunner)
        summary = _summary(desk, errors)
        if desk.now.history.last != heard:
            summary += "; something was decided meanwhile: export once more to have it in the list"
        return summary

    @api.post("/export")
    def export(nothing: Nothing) -> Response:
        del nothing
        why = desk.readonly(desk.now)
        if why:
            raise UsageError(why)
        return told({"job": str(jobs.begin(work).number)}, 202)

    @api.get("/job/{number}")
    def job(number: int) -> Response:
        found = jobs.get(number)
        if found is None:
            raise HTTPException(404, f"there is no job {number}")
        return told({**found.told(), "folder": str(_folder(desk))})

    @api.post("/quit")
    def quit_desk(nothing: Nothing, request: Request) -> Response:
        del nothing
        request.app.state.quit()
        return told({"message": "the desk is closed; every decision is in the workspace"})

    return api


def _folder(desk: Desk) -> Path:
    this = desk.base.round
    return desk.workspace.root if this is None else this.folder(desk.workspace) / "export"


def _summary(desk: Desk, errors: list[dict[str, Any]]) -> str:
    """What was written, and what could not be."""
    listed = table_files.metadata(_folder(desk) / "picks.parquet").num_rows
    if not errors:
        return f"{listed:,} pictures are written"
    first = f"{Path(errors[0]['path']).name}: {errors[0]['error']}"
    return f"{listed:,} pictures are written; {len(errors)} videos gave none ({first})"
