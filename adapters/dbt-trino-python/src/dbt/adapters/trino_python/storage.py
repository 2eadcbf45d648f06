"""Files behind URIs, through pyarrow's file systems, so that object stores work like folders."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyarrow import fs
from pyiceberg.io.pyarrow import PyArrowFileIO

# Trino writes the names that Hadoop's file systems had; pyarrow knows the plain ones.
SCHEME_ALIASES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}


class Storage:
    """Resolve URIs to pyarrow file systems, one file system for each scheme and bucket."""

    def __init__(self, options: dict[str, str]) -> None:
        """Remember the options.

        Args:
            options: Query options of `pyarrow.fs.FileSystem.from_uri` for URIs that are not local.
        """
        self._options = dict(options)
        self.file_system: Callable[[str, str], fs.FileSystem] = lru_cache(self._file_system)

    def resolve(self, uri: str) -> tuple[fs.FileSystem, str]:
        """Return the file system of a URI and the path inside it.

        Args:
            uri: `file:///...`, `s3://...`, or a plain absolute path.

        Raises:
            ValueError: If pyarrow does not know the scheme.
        """
        parts = urlsplit(uri)
        scheme = SCHEME_ALIASES.get(parts.scheme, parts.scheme) or "file"
        file_system = self.file_system(scheme, parts.netloc)
        # Names on object stores may hold %, ? and #: no URI decoding, as Trino does none either.
        path = uri.split("://", 1)[1] if "://" in uri else uri.removeprefix(f"{parts.scheme}:")
        if scheme == "file":
            path = path[path.index("/") :]
        elif scheme in ("abfs", "abfss"):
            container, account_path = parts.netloc.split("@", 1)[0], parts.path
            path = f"{container}{account_path}"
        elif scheme in ("hdfs", "viewfs"):
            path = parts.path
        return file_system, path

    def _file_system(self, scheme: str, netloc: str) -> fs.FileSystem:
        if scheme == "file":
            return fs.LocalFileSystem()
        query = f"?{urlencode(self._options)}" if self._options else ""
        return fs.FileSystem.from_uri(f"{scheme}://{netloc}/{query}")[0]

    def create_folder(self, uri: str) -> None:
        """Create a folder and its parents; object stores need none and are left alone."""
        file_system, path = self.resolve(uri)
        if isinstance(file_system, fs.LocalFileSystem):
            file_system.create_dir(path, recursive=True)

    def remove_folder(self, uri: str) -> None:
        """Remove a folder with all that is in it; a folder that is not there is no error."""
        file_system, path = self.resolve(uri)
        if file_system.get_file_info(path).type != fs.FileType.NotFound:
            file_system.delete_dir(path)

    def file_paths(self, uri: str) -> list[str]:
        """Return the paths, inside the file system, of the files directly in a folder.

        Left out are those that Hive does not read either: names with a dot or underscore first.
        """
        file_system, path = self.resolve(uri)
        infos = file_system.get_file_info(fs.FileSelector(path, allow_not_found=True))
        return sorted(info.path for info in infos if info.is_file and info.base_name[0] not in "._")

    def folder_names(self, uri: str) -> list[str]:
        """Return the names of the folders directly in a folder, none if it is not there."""
        file_system, path = self.resolve(uri)
        infos = file_system.get_file_info(fs.FileSelector(path, allow_not_found=True))
        return [info.base_name for info in infos if info.type == fs.FileType.Directory]


class IcebergFiles(PyArrowFileIO):
    """pyiceberg's file access, on the file systems of a `Storage`."""

    def __init__(self, storage: Storage, properties: dict[str, str]) -> None:
        """Remember the storage.

        Args:
            storage: Resolves every location that the table's metadata names.
            properties: The table's properties, which pyiceberg looks up while it reads.
        """
        self._storage = storage
        super().__init__(properties=properties)

    def _initialize_fs(self, scheme: str, netloc: str | None = None) -> Any:
        return self._storage.file_system(SCHEME_ALIASES.get(scheme, scheme), netloc or "")
