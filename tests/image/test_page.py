"""`mediar-box serve` in the image: the page is there for who has the token, and for nobody else."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.docker

VISIT = """
import json, subprocess, sys, urllib.error, urllib.request
server = subprocess.Popen(["mediar-box", "serve"], stdout=subprocess.PIPE, text=True)
address = server.stdout.readline().strip()
base, _, token = address.partition("?token=")
def ask(path, **headers):
    try:
        request = urllib.request.Request(base + path, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
key = {"Authorization": "Bearer " + token}
state = json.loads(ask("api/state", **key)[1])
script = ask("static/vendor/openseadragon.min.js", **key)
print(ask("")[0], ask("", **key)[0], script[0], state["learning"]["missing"])
server.terminate()
sys.exit(server.wait() != -15)
"""


def test_the_page(box) -> None:
    done = box.run("python", "-c", VISIT, options=("--network", "none"))
    assert done.returncode == 0, done.stderr
    first, second, third, *why = done.stdout.split(maxsplit=3)
    assert (first, second, third) == ("401", "200", "200")
    assert "training tools are not part of this installation" in " ".join(why)
