"""Models as files that other programs score with: ONNX and PMML."""

from marquee.export.files import INDEX, ExportedModel, export_models
from marquee.export.onnx_models import clustering_onnx, onnx_model
from marquee.export.pmml import clustering_pmml, linear_pmml

__all__ = [
    "INDEX",
    "ExportedModel",
    "clustering_onnx",
    "clustering_pmml",
    "export_models",
    "linear_pmml",
    "onnx_model",
]
