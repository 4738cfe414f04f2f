"""Fixtures: the simulated sites that the clients call, and a gateway that shows what a client changed."""

import os
import tomllib
from pathlib import Path

import pytest
import requests

CLIP = Path(__file__).resolve().parents[1] / "fixtures/clip.mp4"


class Gateway:
    """Reads the account at pstream.net through the gateway, never from its cache."""

    def __init__(self):
        self.base = f"{os.environ['POLYHOST_SERVER']}/v1/accounts/pstream-demo"
        self.headers = {"Authorization": f"Bearer {os.environ['POLYHOST_API_KEY']}", "Cache-Control": "no-cache"}

    def get(self, path, **query):
        return requests.get(f"{self.base}{path}", params=query, headers=self.headers, timeout=20)

    def file(self, file_id):
        """Returns a file, as JSON."""
        answer = self.get(f"/files/{file_id}")
        answer.raise_for_status()
        return answer.json()

    def items(self, folder_id, **query):
        """Returns the items of a folder, by id."""
        answer = self.get(f"/folders/{folder_id}/items", limit=1000, **query)
        answer.raise_for_status()
        return {item["id"]: item for item in answer.json()["items"]}


@pytest.fixture(scope="session")
def accounts():
    """Returns the tables of the accounts: the addresses of the simulated sites, and their credentials."""
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
    """Returns the path of a small video."""
    return str(CLIP)
