"""Landing, lake and published as keys below ``s3://`` roots, in any store that speaks S3.

An `ObjectPath` stands where a `pathlib.Path` would, so that whoever reads and writes files need not
know; what a store can't do (rename, permissions) it refuses instead of touching a folder.
"""

from marquee.objectstore.client import SCHEME
from marquee.objectstore.duckdb_access import open_to, uses_objects
from marquee.objectstore.object_path import ObjectChangedError, ObjectPath

__all__ = ["SCHEME", "ObjectChangedError", "ObjectPath", "open_to", "uses_objects"]
