"""PostgreSQL 17 with pg_cron and plpgsql_check in a container, from docker/Dockerfile."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from support.server import SETTINGS, Server, Unavailable, wait_until_ready

if TYPE_CHECKING:
    from docker import DockerClient

CONTEXT = Path(__file__).resolve().parents[2] / "docker"
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


def daemon_answers() -> bool:
    """Whether a Docker daemon can be reached."""
    try:
        return bool(_client().ping())
    except Unavailable:
        return False


def _client() -> DockerClient:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=600)
        client.ping()
    except DockerException as error:
        raise Unavailable(f"no Docker daemon answers: {error}") from error
    return client


def _image(client: DockerClient) -> str:
    """The image of the present docker/ folder, built where it is missing."""
    from docker.errors import DockerException, ImageNotFound

    parts = [path.read_bytes() for path in (CONTEXT / "Dockerfile", CONTEXT / "entrypoint.sh")]
    tag = f"sessionbook-test:{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"
    try:
        client.images.get(tag)
    except ImageNotFound:
        try:
            # The host's network and proxies: what reaches a Debian mirror out here must do so during the build.
            proxies = {name: value for name, value in os.environ.items() if name.lower() in PROXIES}
            client.images.build(
                path=str(CONTEXT), tag=tag, rm=True, network_mode="host", buildargs=proxies, use_config_proxy=True
            )
        except DockerException as error:
            raise Unavailable(f"docker/Dockerfile cannot be built: {error}") from error
    return tag


def _settle_reaper(client: DockerClient) -> None:
    """The reaper stops what a killed run left behind; where its image cannot be had, the tests do without."""
    from docker.errors import DockerException, ImageNotFound
    from testcontainers.core.config import testcontainers_config

    if testcontainers_config.ryuk_disabled:
        return
    try:
        client.images.get(testcontainers_config.ryuk_image)
    except ImageNotFound:
        try:
            client.images.pull(testcontainers_config.ryuk_image)
        except DockerException:
            testcontainers_config.ryuk_disabled = True


class DockerServer(Server):
    """A container for the length of the session."""

    kind = "docker"

    @classmethod
    @contextmanager
    def run(cls) -> Iterator[Server]:
        from docker.errors import DockerException
        from docker.types import Mount
        from testcontainers.core.container import DockerContainer

        client = _client()
        _settle_reaper(client)
        password = secrets.token_urlsafe(16)
        # In memory cloning a database costs a thirtieth of what it does on a disk. A folder that the image has not: its
        # own would keep its owner and mode.
        memory = Mount("/memory", None, type="tmpfs", tmpfs_mode=0o1777)
        container = (
            DockerContainer(_image(client))
            .with_env("POSTGRES_PASSWORD", password)
            .with_env("PGDATA", "/memory/data")
            .with_exposed_ports(5432)
            .with_command([part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")])
            .with_kwargs(shm_size="256m", mounts=[memory])
        )
        try:
            try:
                container.start()
                host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
            except (DockerException, TimeoutError) as error:
                raise Unavailable(f"the container does not start: {error}") from error
            conninfo = make_conninfo(host=host, port=port, user="postgres", password=password, dbname="postgres")

            def alive() -> str | None:
                wrapped = container.get_wrapped_container()
                wrapped.reload()
                return None if wrapped.status == "running" else wrapped.logs(tail=20).decode(errors="replace")

            wait_until_ready(conninfo, alive)
            server = cls(conninfo)
            yield server
            server.close()
        finally:
            container.stop()


if __name__ == "__main__":
    # The CI has it built beside other work.
    print(_image(_client()))
