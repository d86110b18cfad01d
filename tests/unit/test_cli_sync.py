"""`upgate sync` against a gateway in memory, and the rules of what is sent."""

from __future__ import annotations

import os
import time
from pathlib import Path, PurePosixPath

import pytest

from tests.fakes import upload_gateway
from tests.fakes.cli import Cli, Result
from tests.fakes.upload_gateway import UploadGateway, answer
from upgate.contents import qetag
from upgate.tokens import upload_token
from upgate_cli.errors import CommandError
from upgate_cli.sync.ignore_rules import IgnoreRules
from upgate_cli.sync.manifest import Manifest
from upgate_cli.sync.settling import Settling
from upgate_cli.sync.tree import walk
from upgate_cli.transfer.source_file import FileState, SourceFile

HOUR_NS = 3600 * 10**9


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
        age(root / name)
    return root


def age(path: Path) -> None:
    """Let an hour have passed since the last write."""
    then = time.time_ns() - HOUR_NS
    os.utime(path, ns=(then, then))


def counts(result: Result) -> tuple[int, int, int, int]:
    found = result.json
    return found["uploaded"], found["skipped"], found["deleted"], found["failed"]


def sync(cli: Cli, tree: Path, *options: str) -> Result:
    return cli("sync", tree, "demo:p/", "--json", *options)


# What is sent.


def test_a_first_run_sends_everything(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    result = sync(cli, tree)
    assert (result.status, result.json) == (
        0,
        {"uploaded": 3, "skipped": 0, "deleted": 0, "failed": 0},
    )
    assert sorted(gateway.objects) == ["p/a.txt", "p/sub/b.txt", "p/sub/deep/c.txt"]


def test_a_second_run_sends_and_reads_nothing(
    cli: Cli, gateway: UploadGateway, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(cli, tree)
    gateway.requests.clear()
    monkeypatch.delattr(SourceFile, "read")
    assert counts(sync(cli, tree)) == (0, 3, 0, 0)
    assert set(gateway.requests) == {"list"}


def test_a_changed_file_alone_is_sent(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    (tree / "a.txt").write_text("A.txt")
    assert counts(sync(cli, tree)) == (1, 2, 0, 0)
    assert gateway.objects["p/a.txt"] == b"A.txt"


def test_a_touched_file_is_read_and_not_sent(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    gateway.requests.clear()
    os.utime(tree / "a.txt")
    assert counts(sync(cli, tree)) == (0, 3, 0, 0)
    assert set(gateway.requests) == {"list"}


def test_a_touched_file_is_read_only_once(
    cli: Cli, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(cli, tree)
    half_an_hour_ago = time.time_ns() - HOUR_NS // 2
    os.utime(tree / "a.txt", ns=(half_an_hour_ago, half_an_hour_ago))
    sync(cli, tree)
    monkeypatch.delattr(SourceFile, "read")
    assert counts(sync(cli, tree)) == (0, 3, 0, 0)


def test_a_write_within_the_clock_s_tick_is_seen(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    fresh = tree / "fresh"
    fresh.write_text("one")
    times = fresh.stat()
    sync(cli, tree)
    fresh.write_text("two")
    os.utime(fresh, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert counts(sync(cli, tree)) == (1, 3, 0, 0)


def test_checksum_sees_through_kept_times(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    times = (tree / "a.txt").stat()
    (tree / "a.txt").write_text("A.txt")
    os.utime(tree / "a.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert counts(sync(cli, tree)) == (0, 3, 0, 0)
    assert counts(sync(cli, tree, "--checksum")) == (1, 2, 0, 0)


def test_resend_sends_everything(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    gateway.objects.clear()
    assert counts(sync(cli, tree, "--resend")) == (3, 0, 0, 0)


def test_the_same_tree_elsewhere_is_known(cli: Cli, tree: Path) -> None:
    sync(cli, tree)
    moved = tree.rename(tree.with_name("moved"))
    assert counts(sync(cli, moved)) == (0, 3, 0, 0)


@pytest.mark.parametrize("destination", ["demo:q/", "demo"])
def test_another_prefix_is_another_place(cli: Cli, tree: Path, destination: str) -> None:
    sync(cli, tree)
    assert counts(cli("sync", tree, destination, "--json")) == (3, 0, 0, 0)


def test_another_access_key_may_be_another_stack(
    cli: Cli, tree: Path, gateway: UploadGateway
) -> None:
    sync(cli, tree)
    result = sync(cli, tree, "--access-key", "fresh")
    assert result.json["skipped"] == 0


def test_a_dry_run_sends_nothing_and_remembers_nothing(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    for _ in range(2):
        result = sync(cli, tree, "--dry-run")
        assert (counts(result), result.json["dry_run"]) == ((3, 0, 0, 0), True)
    assert set(gateway.requests) == {"list"}


def test_a_dry_run_names_the_files(cli: Cli, tree: Path) -> None:
    lines = cli("sync", tree, "demo", "-n").out.splitlines()
    assert lines[0] == "would upload a.txt"
    assert lines[-1] == "3 would be uploaded, 0 skipped, 0 failed"


def test_a_large_file_is_sent_in_parts(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    (tree / "large").write_bytes(bytes(5 * 1024 * 1024))
    assert counts(sync(cli, tree)) == (4, 0, 0, 0)
    assert gateway.requests["part"] == 2


# What fails.


def test_a_failure_is_counted_told_and_tried_again(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    gateway.interfere = lambda request: (
        answer(400, {"error": "no"}) if b"sub/b.txt" in request.body else None
    )
    result = sync(cli, tree)
    assert (result.status, counts(result)) == (1, (2, 0, 0, 1))
    assert result.err == f"Error: {tree}/sub/b.txt: refused with 400 (no)\n"
    gateway.interfere = lambda _: None
    assert counts(sync(cli, tree)) == (1, 2, 0, 0)


def test_what_would_fail_for_all_ends_the_run(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    result = sync(cli, tree, "--secret-key", "wrong", "--parallel", "1")
    assert (result.status, counts(result)) == (1, (0, 0, 0, 1))
    assert gateway.requests == {"list": 1}
    assert len(result.err.splitlines()) == 1


def test_insert_only_leaves_another_content_alone(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    gateway.objects["p/a.txt"], gateway.etags["p/a.txt"] = b"old", qetag.of(b"old")
    assert counts(sync(cli, tree, "--insert-only")) == (2, 0, 0, 1)
    assert gateway.objects["p/a.txt"] == b"old"


def test_an_unreadable_folder_is_a_failure(
    cli: Cli, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_scandir = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = sync(cli, tree)
    assert (result.status, counts(result)) == (1, (2, 0, 0, 1))
    assert "permission denied" in result.err


def test_a_name_that_is_not_utf8_is_a_failure(cli: Cli, tree: Path) -> None:
    Path(os.fsdecode(os.fsencode(tree) + b"/\xff")).write_bytes(b"x")
    result = sync(cli, tree)
    assert (counts(result), "not UTF-8" in result.err) == ((3, 0, 0, 1), True)


# What the bucket has.


def test_what_others_removed_or_changed_is_sent_again(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    sync(cli, tree)
    del gateway.objects["p/a.txt"]
    gateway.objects["p/sub/b.txt"] = b"SUB/b.txt"
    gateway.etags["p/sub/b.txt"] = qetag.of(b"SUB/b.txt")
    assert counts(sync(cli, tree)) == (2, 1, 0, 0)
    assert gateway.objects["p/sub/b.txt"] == b"sub/b.txt"


def test_what_another_machine_sent_is_not_sent_again(
    cli: Cli, gateway: UploadGateway, tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sync(cli, tree)
    monkeypatch.setenv("UPGATE_STATE_DIR", str(tmp_path / "elsewhere"))
    assert counts(sync(cli, tree)) == (0, 3, 0, 0)


def test_a_bucket_of_many_pages_is_seen_whole(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    gateway.page_size = 1
    assert counts(sync(cli, tree)) == (0, 3, 0, 0)


def test_with_a_token_the_manifest_alone_tells(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    token = upload_token.sign(b'{"scope":"demo","deadline":4000000000}', upload_gateway.PAIR)
    assert counts(sync(cli, tree, "--token", token)) == (3, 0, 0, 0)
    gateway.objects.clear()
    assert counts(sync(cli, tree, "--token", token)) == (0, 3, 0, 0)
    assert "list" not in gateway.requests


# What is deleted.


def test_delete_removes_what_no_file_stands_for_under_the_prefix(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    sync(cli, tree)
    for key in ("p/old", "p/sub/old", "q/other"):
        gateway.objects[key], gateway.etags[key] = b"", qetag.of(b"")
    assert counts(sync(cli, tree, "--delete")) == (0, 3, 2, 0)
    assert sorted(gateway.objects) == ["p/a.txt", "p/sub/b.txt", "p/sub/deep/c.txt", "q/other"]


def test_without_delete_nothing_goes(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    (tree / "a.txt").unlink()
    assert counts(sync(cli, tree)) == (0, 2, 0, 0)
    assert "p/a.txt" in gateway.objects


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    sync(cli, tree)
    (tree / "a.txt").unlink()
    result = cli("sync", tree, "demo:p/", "--delete", "--dry-run")
    assert "would delete p/a.txt" in result.out
    assert "1 would be deleted" in result.out
    assert ("p/a.txt" in gateway.objects, "batch" in gateway.requests) == (True, False)


def test_what_is_ignored_here_stays_there(cli: Cli, gateway: UploadGateway, tree: Path) -> None:
    sync(cli, tree)
    assert counts(sync(cli, tree, "--delete", "--ignore", "sub/")) == (0, 1, 0, 0)
    assert len(gateway.objects) == 3


def test_an_empty_folder_deletes_nothing(
    cli: Cli, gateway: UploadGateway, tree: Path, tmp_path: Path
) -> None:
    sync(cli, tree)
    (tmp_path / "empty").mkdir()
    result = sync(cli, tmp_path / "empty", "--delete")
    assert (result.status, "no files" in result.err) == (1, True)
    assert len(gateway.objects) == 3


def test_nothing_is_deleted_when_a_file_failed(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    sync(cli, tree)
    (tree / "a.txt").rename(tree / "z.txt")
    gateway.interfere = lambda request: (
        answer(403, {"error": "no"}) if request.path == "/" else None
    )
    result = sync(cli, tree, "--delete")
    assert (counts(result), "nothing was deleted" in result.err) == ((0, 2, 0, 1), True)
    assert "p/a.txt" in gateway.objects


def test_an_object_that_will_not_go_is_a_failure(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    sync(cli, tree)
    (tree / "a.txt").unlink()
    gateway.kept = {"p/a.txt"}
    result = sync(cli, tree, "--delete")
    assert (result.status, counts(result)) == (1, (0, 2, 0, 1))
    assert "it would not go (599)" in result.err


def test_delete_without_a_key_pair_is_wrong_use(
    cli: Cli, gateway: UploadGateway, tree: Path
) -> None:
    result = sync(cli, tree, "--delete", "--preset", "default")
    assert (result.status, "key pair" in result.err) == (2, True)
    assert not gateway.objects


@pytest.mark.parametrize("destination", ["", ":p", "a/b:p"])
def test_a_destination_without_a_bucket_is_wrong_use(
    cli: Cli, tree: Path, destination: str
) -> None:
    assert cli("sync", tree, destination).status == 2


def test_a_folder_that_is_none_is_wrong_use(cli: Cli, tmp_path: Path) -> None:
    assert cli("sync", tmp_path / "none", "demo").status == 2


def test_a_token_for_another_bucket_is_refused(cli: Cli, tree: Path) -> None:
    token = cli("token", "--bucket", "other").out.strip()
    result = cli("sync", tree, "demo", "--token", token)
    assert (result.status, "is for other, not for demo" in result.err) == (1, True)


# What is left out.


def names(root: Path, *patterns: str) -> list[str]:
    complaints: list[str] = []
    found = [file.name for file in walk(root, IgnoreRules(root, patterns), complaints.append)]
    assert complaints == []
    return found


def test_files_come_in_order_with_slashes(tree: Path) -> None:
    assert names(tree) == ["a.txt", "sub/b.txt", "sub/deep/c.txt"]


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ("*.txt", []),
        ("/a.txt", ["sub/b.txt", "sub/deep/c.txt"]),
        ("b.txt", ["a.txt", "sub/deep/c.txt"]),
        ("sub/", ["a.txt"]),
        ("deep", ["a.txt", "sub/b.txt"]),
        ("*.txt\n!c.txt", ["sub/deep/c.txt"]),
        ("sub/\n!sub/b.txt", ["a.txt"]),
        ("# a.txt", ["a.txt", "sub/b.txt", "sub/deep/c.txt"]),
    ],
)
def test_an_ignore_file_has_git_s_syntax(tree: Path, rules: str, left: list[str]) -> None:
    (tree / ".upgateignore").write_text(rules)
    assert names(tree) == left


def test_a_deeper_ignore_file_has_the_last_word(tree: Path) -> None:
    (tree / ".upgateignore").write_text("*.txt")
    (tree / "sub" / ".upgateignore").write_text("!b.txt\n")
    assert names(tree) == ["sub/b.txt"]


def test_patterns_of_the_command_line_stand_at_the_top(tree: Path) -> None:
    assert names(tree, "/sub") == ["a.txt"]


def test_git_s_folder_is_left_out_unless_asked_for(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").write_text("x")
    assert ".git/HEAD" not in names(tree)
    assert ".git/HEAD" in names(tree, "!.git/")


def test_links_to_files_are_followed_and_to_folders_are_not(tree: Path) -> None:
    (tree / "file-link").symlink_to(tree / "a.txt")
    (tree / "folder-link").symlink_to(tree / "sub")
    (tree / "broken-link").symlink_to(tree / "none")
    os.mkfifo(tree / "pipe")
    assert names(tree) == ["a.txt", "file-link", "sub/b.txt", "sub/deep/c.txt"]


def test_a_path_below_an_ignored_folder_is_ignored(tree: Path) -> None:
    rules = IgnoreRules(tree, ("sub/",))
    assert rules.ignores_with_parents(PurePosixPath("sub/deep/c.txt"))
    assert not rules.ignores_with_parents(PurePosixPath("a.txt"))


def test_an_ignore_file_that_is_no_text_is_told(tree: Path) -> None:
    (tree / ".upgateignore").write_bytes(b"\xff")
    with pytest.raises(CommandError, match="not UTF-8"):
        names(tree)


# What is remembered.


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"not a database" * 100)
    with pytest.raises(CommandError, match="damaged: remove it"):
        Manifest(tmp_path / "m")


def test_a_manifest_in_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="UPGATE_STATE_DIR"):
        Manifest(tmp_path / "none" / "m")


@pytest.mark.parametrize(("age_ns", "is_sure"), [(2 * 10**9 + HOUR_NS, True), (10**9, False)])
def test_only_an_old_enough_file_is_trusted(tmp_path: Path, age_ns: int, is_sure: bool) -> None:
    state = FileState(1, 2, 3, time.time_ns() - age_ns)
    with Manifest(tmp_path / "m") as manifest:
        manifest.put("k", "e", state, time.time_ns())
        entry = manifest.get("k")
    assert entry is not None
    assert entry.is_surely(state) is is_sure


# What has come to rest.


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_file_settles_when_it_is_the_same_for_long_enough(tmp_path: Path) -> None:
    clock = Clock()
    settling = Settling(1.0, clock)
    path = tmp_path / "a"
    path.write_text("1")
    settling.touch([path])
    clock.now = 0.9
    assert settling.settled() == []
    clock.now = 1.0
    assert settling.settled() == [path]
    assert settling.is_empty


def test_a_file_that_grows_does_not(tmp_path: Path) -> None:
    clock = Clock()
    settling = Settling(1.0, clock)
    path = tmp_path / "a"
    path.write_text("1")
    settling.touch([path])
    path.write_text("12")
    clock.now = 1.0
    assert settling.settled() == []
    clock.now = 2.0
    assert settling.settled() == [path]


def test_a_file_that_vanishes_is_forgotten(tmp_path: Path) -> None:
    settling = Settling(0.0, Clock())
    settling.touch([tmp_path / "none"])
    assert settling.settled() == []
    assert settling.is_empty
