"""Lists, uploads, renames, downloads and deletes a file, with the generated client."""

import os
from io import BytesIO

from polyhost_client import AuthenticatedClient
from polyhost_client.api.files import delete_file, get_content, update_file, upload_file
from polyhost_client.api.folders import list_folder_items
from polyhost_client.models import FilePatch, Problem
from polyhost_client.types import File

ACCOUNT = "streamplay-demo"
BYTES = b"not really a video"


def good(answer):
    """Returns the answer, unless it is a problem."""
    if isinstance(answer, Problem):
        raise SystemExit(f"{answer.status} {answer.code}: {answer.detail}")
    return answer


def names(client):
    """Yields the names of all items of the root folder, page by page."""
    cursor = {}
    while True:
        page = good(list_folder_items.sync(ACCOUNT, "root", client=client, limit=3, **cursor))
        yield from (item.name for item in page.items)
        if page.next_cursor is None:
            return
        cursor = {"cursor": page.next_cursor}


server, key = os.environ["POLYHOST_SERVER"], os.environ["POLYHOST_API_KEY"]
with AuthenticatedClient(base_url=server, token=key, raise_on_unexpected_status=True) as client:
    print("listed:", ", ".join(names(client)))

    file = good(upload_file.sync(ACCOUNT, client=client, name="tour.mp4", body=File(BytesIO(BYTES))))
    assert file.size == len(BYTES), file
    print("uploaded:", file.id, file.name)

    file = good(update_file.sync(ACCOUNT, file.id, client=client, body=FilePatch(name="Tour.mp4")))
    assert "Tour.mp4" in names(client)
    print("renamed:", file.name)

    content = good(get_content.sync(ACCOUNT, file.id, client=client)).payload.read()
    assert content == BYTES, content
    print("downloaded:", len(content), "bytes")

    good(delete_file.sync(ACCOUNT, file.id, client=client))
    assert "Tour.mp4" not in names(client)
    print("deleted:", file.id)

    problem = update_file.sync(ACCOUNT, "no such id", client=client, body=FilePatch(name="a"))
    assert isinstance(problem, Problem) and problem.code == "file_not_found", problem
    print("refused:", problem.status, problem.code)
