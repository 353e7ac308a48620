"""docker/store.sh against a wp-cli of paper: whatever fails on the way, the next start makes it good."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from regtest.state import PROJECT_ROOT

WP = """#!/bin/sh
# Notes each call, fails at the call whose number is in `fails`, and keeps what WordPress and the plugin would keep.
cd "$PAPER"
shift 2  # --allow-root --path=…
count=$(($(cat count) + 1))
echo $count > count
[ $count = "$(cat fails)" ] && exit 1
case "$*" in
  "core is-installed") test -f installed ;;
  "core install"*) touch installed ;;
  "plugin is-active "*) test -f "active-$3" ;;
  "plugin install "*) touch "active-$3" ;;
  "option update "*) printf %s "$4" > "option-$3" ;;
  "post list"*) cat products 2> /dev/null || echo 0 ;;
  "wc product create"*) echo 1 > products ;;
  "wc payment_gateway update"*) touch gateway ;;
  *webhookExists*) test -f webhook ;;
  *registerWebhook*) echo made >> webhook ;;
  *"SELECT COUNT"*) test -n "$WOO_KEY" && grep -qx "$WOO_KEY" keys 2> /dev/null ;;
  *wc_rand_hash*) echo "ck_$count" > keys; printf 'ck_%s\\ncs_%s\\n' $count $count ;;
esac
"""
CHOWN = '#!/bin/sh\necho "$*" >> "$PAPER/chowned"\n'


@dataclass
class Paper:
    """A directory for what the programs of paper keep, and one that is shared with Sattle."""

    kept: Path
    shared: Path

    def run(self, fails: int = 0) -> "subprocess.CompletedProcess[str]":
        """One start, of which the call of wp-cli with this number fails."""
        (self.kept / "fails").write_text(str(fails))
        (self.kept / "count").write_text("0")
        command = ["sh", str(PROJECT_ROOT / "docker" / "store.sh"), "http://shop", "http://server", str(self.shared)]
        path = f"{self.kept / 'bin'}:{os.environ['PATH']}"
        environment = {"PATH": path, "PAPER": str(self.kept)}
        return subprocess.run(
            [*command, str(self.kept)], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def calls(self) -> int:
        return int((self.kept / "count").read_text())

    def stands(self) -> bool:
        """Is everything as it should be at the end?"""
        wanted = ("installed", "active-woocommerce", "active-btcpay-greenfield-for-woocommerce", "webhook", "gateway")
        options = {
            name: (self.kept / f"option-btcpay_gf_{name}").read_text() for name in ("url", "api_key", "store_id")
        }
        key = (self.shared / "woo-key").read_text().split()
        assert options == {"url": "http://server", "api_key": "the-key", "store_id": "the-store"}
        assert (len(key), key[0]) == (2, (self.kept / "keys").read_text().strip())
        return all((self.kept / name).exists() for name in wanted)


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    kept, shared = tmp_path / "kept", tmp_path / "shared"
    (kept / "bin").mkdir(parents=True)
    shared.mkdir()
    for name, text in (("wp", WP), ("chown", CHOWN)):
        (kept / "bin" / name).write_text(text)
        (kept / "bin" / name).chmod(0o755)
    (kept / "wp-config.php").touch()
    (shared / "api-key").write_text("the-key\n")
    (shared / "store-id").write_text("the-store\n")
    return Paper(kept, shared)


def test_a_second_start_leaves_what_is_there(paper: Paper) -> None:
    assert paper.run().returncode == 0
    key = (paper.shared / "woo-key").read_text()
    assert paper.stands()
    assert paper.run().returncode == 0
    assert paper.stands()
    assert (paper.shared / "woo-key").read_text() == key
    assert (paper.kept / "webhook").read_text() == "made\n"
    assert f"33:33 {paper.kept}/wp-content" in (paper.kept / "chowned").read_text()


def test_whatever_fails_the_next_start_makes_good(paper: Paper) -> None:
    assert paper.run().returncode == 0
    for number in range(1, paper.calls() + 1):
        for file in paper.kept.iterdir():
            if file.is_file() and file.name != "wp-config.php":
                file.unlink()
        (paper.shared / "woo-key").unlink(missing_ok=True)
        paper.run(fails=number)
        assert "wp-content" in (paper.kept / "chowned").read_text(), number
        assert paper.run().returncode == 0, number
        assert paper.stands(), number


@pytest.mark.parametrize("gone", ["webhook", "keys"])
def test_what_one_of_the_two_sides_forgot_is_made_again(paper: Paper, gone: str) -> None:
    assert paper.run().returncode == 0
    (paper.kept / gone).unlink()
    assert paper.run().returncode == 0
    assert paper.stands()
