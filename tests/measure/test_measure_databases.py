"""Tables of a database, measured where they live: the evidence of the same rows in a frame."""

import pandas as pd
import psycopg
import pytest
from cli.runner import govern
from measure.test_measure_spark import given, people

from govern.domain.evidence import MeasureRequest
from govern.errors import DataError, MissingExtraError, UsageError
from govern.measure import Inputs, measure
from govern.measure.engines import connect

NAMES = (
    "impact_ratio@1", "demographic_parity@1", "equalized_odds@1", "error_rates@1", "performance@1", "scoring_rate@1", "calibration@1",
    "calibration_by_group@1", "conditional_disparity@1", "data_quality@1", "representativeness@1", "train_test_overlap@1",
)
COLUMNS = "sex text, age bigint, income double precision, small real, home text, member boolean, weight double precision, score double precision, y bigint"


@pytest.fixture(scope="module")
def database(postgres_server: str) -> str:
    """Two tables, one of them named with its schema."""
    address = postgres_server.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        for name, seed in (("people", 1), ("before", 2)):
            connection.execute(f"CREATE TABLE {name} ({COLUMNS})")
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in people(1500, seed).itertuples(index=False):
                    copy.write_row([None if pd.isna(value) else getattr(value, "item", lambda v=value: v)() for value in row])
    return address


@pytest.mark.parametrize("weight", [None, "weight"])
def test_a_database_gives_the_evidence_of_a_frame(database: str, weight: str | None, tmp_path):
    requests = [MeasureRequest(measure=name) for name in NAMES]
    words = given(tmp_path, weight=weight)
    here = measure(requests, Inputs(**words | {"data": people(1500, 1), "reference": people(1500, 2)}))  # type: ignore[arg-type]
    there = measure(requests, Inputs(**words | {"data": "people", "reference": "public.before", "engine": database}))  # type: ignore[arg-type]
    assert here == there
    assert {one.availability for one in here.measures} == {"measured"}


def test_the_command_on_a_table(database: str):
    ran = govern("measure", "--engine", database, "--data", "public.people", "--target", "y", "--protected", "sex", "--json").ended(0)
    assert ran.document["rows"] == 1500
    missing = govern("measure", "--engine", database, "--data", "nobody", "--target", "y", "--protected", "sex").ended(2)
    assert "there is no table “nobody”" in missing.err


def test_a_password_in_an_address_is_refused():
    with pytest.raises(UsageError, match="password") as refused:
        connect("postgresql://me:secret@127.0.0.1/x")
    assert "secret" not in str(refused.value) + refused.value.hint


def test_an_engine_that_is_not_installed_or_not_there():
    with pytest.raises(MissingExtraError, match="trino"):
        connect("trino://me@127.0.0.1/x")
    with pytest.raises(DataError, match="can't be reached"):
        connect("postgresql://me@127.0.0.1:1/x")
