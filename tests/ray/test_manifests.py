"""The files in docs/cluster say what Ray and KubeRay understand, and docs/cluster.md shows them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from framesel.cli.app import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
FOLDER = DOCS / "cluster"

# The fields of the types of ray.io/v1 (ray-operator/apis/ray/v1 of KubeRay) that make sense here.
JOB = {
    "activeDeadlineSeconds", "backoffLimit", "rayClusterSpec", "submitterPodTemplate", "metadata",
    "clusterSelector", "submitterConfig", "managedBy", "deletionStrategy", "entrypoint",
    "runtimeEnvYAML", "jobId", "submissionMode", "entrypointResources", "entrypointNumCpus",
    "entrypointNumGpus", "ttlSecondsAfterFinished", "shutdownAfterJobFinishes", "suspend",
}  # fmt: skip
CLUSTER = {
    "headGroupSpec", "workerGroupSpecs", "rayVersion", "enableInTreeAutoscaling",
    "autoscalerOptions", "headServiceAnnotations", "suspend", "authOptions",
}  # fmt: skip
HEAD = {"serviceType", "headService", "enableIngress", "rayStartParams", "template"}
GROUP = {
    "groupName", "replicas", "minReplicas", "maxReplicas", "numOfHosts", "rayStartParams",
    "template", "scaleStrategy", "idleTimeoutSeconds",
}  # fmt: skip
CONTAINER = {"name", "image", "resources", "volumeMounts", "env", "command", "args", "ports"}


def read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text("utf-8")))


def test_the_cluster_launcher_accepts_its_file() -> None:
    from ray.autoscaler._private.util import validate_config

    (config,) = read("ray-cluster.yaml")
    validate_config({**config, "cluster_synced_files": []})
    assert config["available_node_types"][config["head_node_type"]]["resources"]["CPU"] == 0
    assert any(kind["resources"].get("GPU") for kind in config["available_node_types"].values())
    with pytest.raises(Exception, match="surprise"):
        validate_config({**config, "cluster_synced_files": [], "surprise": 1})


def test_the_kubernetes_manifest_has_the_fields_of_kuberay() -> None:
    claim, job = read("rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert job["spec"].keys() <= JOB
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster.keys() <= CLUSTER
    head, groups = cluster["headGroupSpec"], cluster["workerGroupSpecs"]
    assert {"rayStartParams", "template"} <= head.keys() <= HEAD
    for group in groups:
        assert {"groupName", "rayStartParams", "template"} <= group.keys() <= GROUP
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for params in (group["rayStartParams"] for group in (head, *groups)):
        assert all(isinstance(value, str) for value in params.values())
    for pod in (group["template"]["spec"] for group in (head, *groups)):
        (container,), (volume,) = pod["containers"], pod["volumes"]
        assert container.keys() <= CONTAINER
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        (mount,) = container["volumeMounts"]
        assert (mount["name"], mount["mountPath"]) == (volume["name"], "/mnt/shared")
        assert container["resources"]["requests"] == container["resources"]["limits"]
    assert any("nvidia.com/gpu" in str(group) for group in groups)
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_what_the_job_calls_is_a_command_of_ours() -> None:
    _, job = read("rayjob.yaml")
    program, *arguments = job["spec"]["entrypoint"].split()
    assert program == "framesel"
    asked = CliRunner().invoke(app, [*arguments, "--help"])
    assert asked.exit_code == 0, asked.output
    folder = arguments[arguments.index("--workspace") + 1]
    assert folder.startswith("/mnt/shared/")


def test_the_page_names_both_files() -> None:
    text = (DOCS / "cluster.md").read_text("utf-8")
    for path in FOLDER.iterdir():
        assert f"(cluster/{path.name})" in text
    assert "(../pipelines/cluster.yaml)" in text
