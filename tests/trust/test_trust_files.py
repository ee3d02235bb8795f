"""Files that may not be there yet: whole or not at all, whoever looks and whatever fails."""

import os

import pytest

from govern.trust import files


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture
def slowly(monkeypatch):
    """Writing a byte at a time, and what a reader saw of the folder after each."""
    seen, write = [], os.write

    def one(descriptor, data):
        seen.append([name for name in names(folder[0]) if not name.startswith(".")])
        return write(descriptor, bytes(data[:1]))

    folder = [None]
    monkeypatch.setattr(files.os, "write", one)
    return folder, seen


def test_nobody_sees_half_of_it(tmp_path, slowly):
    folder, seen = slowly
    folder[0] = tmp_path
    files.write_new(tmp_path / "key", b"0123456789")
    assert seen == [[]] * 10
    assert (tmp_path / "key").read_bytes() == b"0123456789"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["key"]


def test_what_is_there_stays(tmp_path):
    (tmp_path / "key").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "key", b"new")
    assert (tmp_path / "key").read_bytes() == b"old"
    assert names(tmp_path) == ["key"]


@pytest.mark.parametrize("there", [False, True])
def test_a_file_system_without_hard_links_does_too(tmp_path, monkeypatch, there):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files.os, "link", refused)
    if there:
        (tmp_path / "key").write_bytes(b"old")
        with pytest.raises(FileExistsError):
            files.write_new(tmp_path / "key", b"new")
    else:
        files.write_new(tmp_path / "key", b"old")
    assert (tmp_path / "key").read_bytes() == b"old"
    assert names(tmp_path) == ["key"]


@pytest.mark.parametrize("write", [files.write_new, files.replace])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, write):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "write", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "key", b"new")
    assert names(tmp_path) == []
