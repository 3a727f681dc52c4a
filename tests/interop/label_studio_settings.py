"""How the tests run a Label Studio: who logs in, and that it talks to nobody else."""

from pathlib import Path

EMAIL = "annotator@example.org"
PASSWORD = "only-for-tests"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
OFFLINE = Path(__file__).resolve().parent.parent / "offline"


def environment(data: Path) -> dict[str, str]:
    """Variables that keep all of its files in one folder, and its questions off the network."""
    return {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "PYTHONPATH": str(OFFLINE),
        "PYTHONUNBUFFERED": "1",
        "COLLECT_ANALYTICS": "False",
        "LATEST_VERSION_CHECK": "False",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "DEBUG": "False",
    }
