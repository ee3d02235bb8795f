"""A ledger's file that is moved away, or replaced, while it is open: nothing is read from, or written to, one that is not there."""

import shutil

import pytest
from ledger.kit_ledger import Kit, model

from govern.errors import StorageError
from govern.store.ledger import Ledger
from govern.store.sqlite import path_of


@pytest.fixture
def kit(tmp_path):
    made = Kit.make(tmp_path)
    made.models(3)
    return made


@pytest.mark.parametrize("written_before", [False, True])
def test_a_file_that_was_moved_away_is_not_read_and_not_written(kit, tmp_path, written_before):
    if not written_before:
        kit.ledger.close()
        kit.ledger = Ledger.open(kit.url)
    size, path, aside = kit.ledger.size, path_of(kit.url), tmp_path / "aside.db"
    path.rename(aside)
    with pytest.raises(StorageError, match="no ledger at"):
        kit.ledger.size  # noqa: B018 - asking is what fails
    with pytest.raises(StorageError, match=r"no ledger at|can’t be opened"):
        kit.append(model(9))
    aside.rename(path)
    assert kit.ledger.size == size
    kit.append(model(9))
    assert kit.ledger.size == size + 1


def test_a_file_in_another_s_place_is_not_taken_for_it(kit, tmp_path):
    path, aside = path_of(kit.url), tmp_path / "aside.db"
    size = kit.ledger.size
    kit.ledger.close()
    kit.append(model(8))
    path.rename(aside)
    shutil.copy(aside, path)
    for ask in (lambda: kit.ledger.size, lambda: kit.append(model(9))):
        with pytest.raises(StorageError, match="another file"):
            ask()
    path.unlink()
    aside.rename(path)
    assert kit.ledger.size == size + 1
    kit.ledger.close()
    with Ledger.open(kit.url) as again:
        assert again.size == size + 1
