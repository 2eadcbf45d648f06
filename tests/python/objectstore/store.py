"""An object store on loopback that can be told to fail."""

import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

BUCKET = "bucket"
ERROR = "<Error><Code>{}</Code><Message>as the test wants</Message></Error>"


@dataclass
class Fault:
    """What is answered to the next requests of a kind instead of what they ask for."""

    pattern: re.Pattern[str]
    """Of method, path and query: ``PUT /bucket/key?uploadId=1``."""
    status: str
    code: str
    left: int


@dataclass
class Store:
    """A server with one bucket, in a thread of this process."""

    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None
    """Told of each request before it is answered."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the next answers to GET break off."""

    def __post_init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.backend.create_bucket(BUCKET, "us-east-1")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def backend(self) -> Any:
        """What the server keeps, for tests that have to look or write behind its back."""
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]

    def fail(
        self,
        pattern: str,
        times: int = 1,
        status: str = "503 Slow Down",
        code: str = "SlowDown",
    ) -> None:
        self.faults.append(Fault(re.compile(pattern), status, code, times))

    def reset(self) -> None:
        self.faults.clear()
        self.requests.clear()
        self.cuts.clear()
        self.before = lambda _: None

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, request)) for request in self.requests)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = environ["QUERY_STRING"]
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{'?' if query else ''}{query}"
        self.requests.append(request)
        self.before(request)
        for fault in self.faults:
            if fault.left and fault.pattern.search(request):
                fault.left -= 1
                with suppress(OSError):
                    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                body = ERROR.format(fault.code).encode()
                start_response(
                    fault.status,
                    [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))],
                )
                return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        answer = self._app(environ, start_response)
        if self.cuts and request.startswith("GET"):
            return [b"".join(answer)[: self.cuts.pop()]]
        return answer
