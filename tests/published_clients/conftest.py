"""The simulated sites that the clients call, and the gateway in front of one of them, which sees what a client did."""

import os
import tomllib
from pathlib import Path

import pytest
import requests

CLIP = Path(__file__).resolve().parents[1] / "fixtures/clip.mp4"


class Gateway:
    """The account at pstream.net, read through the gateway and never from its cache."""

    def __init__(self):
        self.base = f"{os.environ['POLYHOST_SERVER']}/v1/accounts/pstream-demo"
        self.headers = {"Authorization": f"Bearer {os.environ['POLYHOST_API_KEY']}", "Cache-Control": "no-cache"}

    def get(self, path, **query):
        return requests.get(f"{self.base}{path}", params=query, headers=self.headers, timeout=20)

    def file(self, file_id):
        """A file, as JSON."""
        answer = self.get(f"/files/{file_id}")
        answer.raise_for_status()
        return answer.json()

    def items(self, folder_id, **query):
        """What is in a folder, by id."""
        answer = self.get(f"/folders/{folder_id}/items", limit=1000, **query)
        answer.raise_for_status()
        return {item["id"]: item for item in answer.json()["items"]}


@pytest.fixture(scope="session")
def accounts():
    """The tables of the accounts: the addresses of the simulated sites, and their credentials."""
    return tomllib.loads(os.environ["POLYHOST_ACCOUNTS"])["accounts"]


@pytest.fixture(scope="session")
def pstream(accounts):
    return accounts["pstream-demo"]


@pytest.fixture(scope="session")
def streamplay(accounts):
    return accounts["streamplay-demo"]


@pytest.fixture
def gateway():
    return Gateway()


@pytest.fixture
def clip():
    """The path of a small video."""
    return str(CLIP)
