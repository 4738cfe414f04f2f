"""Tests the published client of the dialect `yetishare` at the simulated site, with each call that it documents.

The tests do not use the gateway, because the site allows one session for each user. They never call the client's
upload, because it calls a real site whatever address it is given.
"""

import asyncio

import pytest
import requests
from prime.prime import PrimeException, PrimeUploads

FILMS = "101"


@pytest.fixture
def client(streamplay, tmp_path, monkeypatch):
    """Returns a client at the simulated site, not logged in."""
    monkeypatch.chdir(tmp_path)  # The client keeps its session in a file of the working directory.
    client = PrimeUploads()
    client.api_path = f"{streamplay['base_url']}/"
    return client


@pytest.fixture
def call(client, streamplay):
    """Returns a function that makes calls in a session of the client."""
    asyncio.run(client.login(streamplay["key1"], streamplay["key2"]))

    def call(operation, *arguments):
        return asyncio.run(getattr(client, operation)(*arguments))

    return call


@pytest.fixture
def listed(call):
    """Returns a function that lists a folder: its entries by id."""

    def listed(folder):
        data = call("list_folders", folder)["data"]
        return {entry["id"]: entry for kind in ("folders", "files") for entry in data[kind]}

    return listed


@pytest.fixture
def file(client, call, clip):
    """Uploads a file to the root folder, and returns its id."""
    with open(clip, "rb") as body:
        files = {"upload_file": ("prime.mp4", body, "video/mp4")}
        answer = requests.post(f"{client.api_path}file/upload", data=client.creds, files=files, timeout=20)
    return answer.json()["data"][0]["file_id"]


def test_account_and_package_are_read(call):
    assert call("account_info")["data"]["email"] == "sandbox@streamplay.example"
    assert call("account_package")["data"]["can_upload"] == "1"


def test_wrong_keys_are_refused(client):
    with pytest.raises(PrimeException, match="Could not authenticate user"):
        asyncio.run(client.authorize("a" * 64, "b" * 64))


def test_folder_is_made_edited_moved_and_deleted(call, listed):
    folder = call("create_folder", "Made by prime", FILMS, 1)["data"]["id"]
    assert listed(FILMS)[folder]["isPublic"] == "1"
    call("edit_folder", folder, "Edited by prime", "", 2, "")
    assert listed(FILMS)[folder]["folderName"] == "Edited by prime"
    call("move_folder", folder, "null")
    assert folder in listed("")
    call("delete_folder", folder)
    assert folder not in listed("")


def test_file_is_read_moved_copied_and_deleted(call, listed, file, clip):
    assert call("file_info", file)["data"]["filename"] == "prime.mp4"
    with open(clip, "rb") as body:
        link = call("download", file)["data"]["download_url"]
        assert requests.get(link, timeout=20).content == body.read()
    call("move", file, FILMS)
    assert file in listed(FILMS)
    copied = call("copy", file, "null")["new_file"]["data"]["id"]
    assert copied in listed("")
    for deleted in (file, copied):
        call("delete_file", deleted)
        assert call("file_info", deleted)["data"]["status"] == "trash"


def test_edit_with_an_invalid_folder_keeps_the_folder(call, listed, file):
    # The client also sends the file's new name as its folder's id. The site ignores it.
    call("edit_file", file, "edited.mp4", "video/mp4")
    assert listed("")[file]["filename"] == "edited.mp4"


def test_folder_info_with_the_documented_parameter_is_refused(call):
    # The page documents `parent_folder_id`; the script reads `folder_id`.
    with pytest.raises(PrimeException, match="Could not find folder"):
        call("folder_info", FILMS)


def test_disabled_token_is_refused(call):
    call("disable_access_token")
    with pytest.raises(PrimeException, match="Could not validate access_token"):
        call("account_info")
