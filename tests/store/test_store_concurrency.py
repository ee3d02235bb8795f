"""Many writers and readers at once, in processes of their own, on both databases: nobody sees an error, nothing is lost."""

import json
import subprocess
import sys
import textwrap
import threading

from ledger.kit_ledger import NOW, model

from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes, read_checkpoint
from govern.store.ledger import Ledger

WRITER = textwrap.dedent("""
    import json, sys
    sys.path[:0] = json.loads(sys.argv[1])
    from pathlib import Path
    from ledger.kit_ledger import Kit, NOW, ROLES, model, signer
    from govern.store.ledger import Ledger

    url, folder, number, batches, size = sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7])
    kit = Kit(folder=Path(folder), url=url)
    kit.signers = {name: signer(name, seed) for seed, name in enumerate(ROLES, 1)}
    kit.ledger = Ledger.open(url)
    print("ready", flush=True)
    sys.stdin.readline()
    for batch in range(batches):
        written = kit.append(*(model(number * 1000 + batch * 10 + one) for one in range(size)))
        print(json.dumps([[entry.index, entry.leaf_hash] for entry in written]), flush=True)
    kit.ledger.close()
""")


def test_many_writers_and_readers(url, tmp_path, repository):
    from ledger.kit_ledger import Kit

    kit = Kit.make(tmp_path, url=url, seeded=True)
    writers, batches, batch = 4, 6, 2
    paths = json.dumps([str(repository), str(repository / "tests")])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, paths, url, tmp_path, str(number), str(batches), str(batch)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(writers)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    stop, faults = threading.Event(), []

    def read():
        with Ledger.open(url, read_only=True) as ledger:
            last = ledger.checkpoint()
            while not stop.is_set():
                now = ledger.checkpoint()
                try:
                    if now.size > last.size:
                        proof = ledger.consistency(last.size, now.size)
                        tree.verify_consistency(
                            last.size, now.size, proof, digest_bytes(last.root), digest_bytes(now.root)
                        )
                    assert ledger.entry(now.size - 1).index == now.size - 1
                    assert ledger.verify(trusted=kit.trusted).check().size >= now.size
                except Exception as error:  # noqa: BLE001 - whatever a reader sees is a fault
                    faults.append(error)
                    return
                last = now

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    results = []
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        results += [pair for line in out.splitlines() for pair in json.loads(line)]
    stop.set()
    for thread in readers:
        thread.join()
    assert not faults
    total = writers * batches * batch
    assert sorted(index for index, _ in results) == list(range(1, total + 1)), "dense, and every one acknowledged once"
    assert all(kit.ledger.entry(index).leaf_hash == digest for index, digest in results)
    notes = [read_checkpoint(note) for _, note in kit.ledger.checkpoints()]
    assert [note.size for note in notes] == [1, *range(1 + batch, total + 2, batch)], "one checkpoint a batch"
    assert kit.trusted.head() == kit.ledger.checkpoint().head
    assert kit.ledger.verify(trusted=kit.trusted).check().size == total + 1
    kit.ledger.close()


def test_threads_share_one_ledger(kit):
    faults = []

    def write(first):
        try:
            for number in range(first, first + 5):
                kit.append(model(number))
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert kit.ledger.size == 21
    assert kit.ledger.verify(trusted=kit.trusted, now=NOW).check()
