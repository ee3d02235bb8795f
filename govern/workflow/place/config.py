"""`.govern/config.toml`: what a workspace is set to, read strictly and written with its explanations."""

import tomllib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from govern.errors import DocumentError, StorageError, UsageError

SCHEMA = "govern/config/v1"


class Keys(BaseModel):
    """Which key signs for which role, where `--as` doesn't say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: str = "root"
    log: str = "log"
    recorder: str = "pipeline"
    evaluator: str = "pipeline"
    operator: str = "pipeline"
    auditor: str = "pipeline"
    policy: str = "policy-owner"
    reviewer: str = ""
    """The reviewer's own key on this machine; empty means `--as` must name it."""


class Models(BaseModel):
    """What model files may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed_types: tuple[str, ...] = ()


class Review(BaseModel):
    """How long people have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    due_days: int = Field(default=14, ge=1, le=366)
    finding_days: int = Field(default=14, ge=1, le=366)


class Hook(BaseModel):
    """Whom to tell what monitoring found, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    on: tuple[Literal["observation", "denied", "drift", "finding"], ...] = Field(min_length=1)
    url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    command: tuple[str, ...] = ()
    secret_file: str = ""
    """Of the webhook's HMAC; relative paths start in the `.govern` folder."""
    timeout_seconds: float = Field(default=10, gt=0, le=120)
    attempts: int = Field(default=3, ge=1, le=10)

    @model_validator(mode="after")
    def _one_way(self) -> "Hook":
        if bool(self.url) == bool(self.command):
            message = "a hook has a url or a command, one of them"
            raise ValueError(message)
        if "@" in urlsplit(self.url).netloc:
            message = "a hook's url holds no user and no password: sign with a secret_file"
            raise ValueError(message)
        return self


class Config(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["govern/config/v1"] = Field(alias="schema")
    origin: str = Field(min_length=1, max_length=200, pattern=r"^[^\s+]+$")
    database: str = "sqlite:///ledger.db"
    detector: Literal["scipy", "alibi-detect"] = "scipy"
    stages: tuple[str, ...] = ("staging", "production")
    environments: dict[str, str] = Field(default_factory=lambda: {"staging": "staging", "production": "production"})
    keys: Keys = Keys()
    models: Models = Models()
    review: Review = Review()
    hooks: tuple[Hook, ...] = ()


def read_config(path: Path) -> Config:
    """Read a configuration. Raises `UsageError`, `DocumentError` or `StorageError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"{path} is missing", "This folder is not a whole workspace; `govern init` makes one.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} can't be read: {error}", "Check the file's permissions and encoding.") from error
    try:
        config = Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(str(error), "Mend the line that it names.", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise DocumentError(
            f"{key}: {first['msg']}", "The keys and their meaning stand in govern/workflow/README.md.", where=str(path)
        ) from error
    for environment, stage in config.environments.items():
        if stage not in config.stages:
            raise DocumentError(
                f"environments.{environment} names the stage “{stage}”, which is not among the stages",
                f"The stages are: {', '.join(config.stages)}.", where=str(path),
            )
    return config


def template(origin: str, database: str, reviewer: str = "") -> str:
    """Write a new configuration, with what each key means."""
    return f"""# A govern workspace. What the ledger says is not here: this file only says how to work with it.
schema = "{SCHEMA}"

# The ledger's name; every entry and checkpoint carries it, and it never changes.
origin = "{origin}"

# Relative SQLite paths start here. For PostgreSQL: "postgresql+psycopg://user@host/database"; keep passwords out of
# this file (PGPASSFILE).
database = "{database}"

# Which code runs the drift tests. "scipy" is free for every use; "alibi-detect" gives the same univariate statistics
# through a package under the Business Source License 1.1, which forbids most production use without its owner's licence.
detector = "scipy"

# Stages, in order, and the environments that each of them feeds.
stages = ["staging", "production"]

[environments]
staging = "staging"
production = "production"

# Which key signs for which role where --as does not say. People name theirs in `reviewer`, or with --as. A name may stand
# for a key in a KMS or an HSM: `govern key new NAME --uri URI`.
[keys]
recorder = "pipeline"
evaluator = "pipeline"
operator = "pipeline"
auditor = "pipeline"
policy = "policy-owner"
root = "root"
log = "log"
reviewer = "{reviewer}"

# Types that a skops model file may hold beside the ones that are safe for everybody; `govern doctor MODEL` lists them.
[models]
allowed_types = []

# Days that reviewers and owners of findings have.
[review]
due_days = 14
finding_days = 14

# Whom to tell what monitoring found: a webhook (signed with the secret in secret_file, see X-Govern-Signature), or a
# command that gets the event on its stdin. What could not be delivered waits in `outbox/` and is tried again.
# [[hooks]]
# name = "retraining"
# on = ["drift", "finding"]          # observation, denied, drift, finding
# url = "https://ci.example/hooks/retrain"
# secret_file = "hook-secret"
"""
