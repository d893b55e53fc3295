"""The CPU engine: OpenVINO on a graph of one window; no torch.

benchmarks/README.md shows why OpenVINO, and what bfloat16 gives and costs.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import WeightsError
from ...system.machine import cpu_limit
from ..modality import embedding
from ..weights import Member
from ..weights.graph import Graph
from ..weights.states import read_state
from .device import Precision
from .signalstack import kept_signal_stack


class CpuEngine:
    """One network compiled for this CPU; see `Engine`."""

    batch = 1  # a larger one is no faster: one window keeps all cores busy

    def __init__(self, member: Member, precision: Precision = "fast", *, watch: bool = False) -> None:
        """`watch` gives the network a second output, which `look` needs."""
        ov = import_openvino()
        try:
            graph = Graph.load(member.architecture)
            weights = graph.fill(read_state(member.file))
        except ValueError as cause:
            raise WeightsError(
                f"{member.file}: {cause}; give weights of {member.architecture.name}"
            ) from cause
        with kept_signal_stack():
            core = ov.Core()
            network = core.read_model(graph.xml, ov.Tensor(weights))
            if watch:
                network.add_outputs([last_stage(network)])
            self.name = member.file.stem
            self.request = core.compile_model(
                network,
                "CPU",
                {
                    "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_PRECISION_HINT": "f32" if precision == "float32" else fast_type(core),
                    "INFERENCE_NUM_THREADS": cpu_limit(),
                    # pinned threads of two processes, or of two containers, would fight for the same cores
                    "ENABLE_CPU_PINNING": False,
                },
            ).create_infer_request()
        self.watch = watch
        self.wanted = False
        self.embedding: NDArray[np.float32] | None = None

    def look(self) -> None:
        """The embedding of the next window is wanted."""
        self.wanted, self.embedding = self.watch, None

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(B, 3, 512, 512)` → the same shape; one window at a time."""
        outputs = np.empty(windows.shape, np.float32)
        for window, output in zip(windows, outputs, strict=True):
            results = self.request.infer([window[None]], share_inputs=True, share_outputs=True)
            output[None] = results[0]
            if self.wanted:
                self.embedding, self.wanted = embedding(window, results[1][0]), False
        return outputs


def last_stage(network: Any) -> Any:
    """The encoder's last map in a graph, `(1, C, s, s)`: what the decoder begins with."""
    center = "__module.decoder.center."
    begins = f"{center}top_conv/", f"{center}conv1.0/"  # of a whole network, of a short one
    for node in network.get_ordered_ops():
        if node.get_type_name() == "Convolution" and node.get_friendly_name().startswith(begins):
            return node.input(0).get_source_output()
    raise ValueError("the graph shows no beginning of the decoder")


def import_openvino() -> ModuleType:
    """OpenVINO without its converter, which would bring a telemetry client and `ssl` with it.

    Nothing here could be reported then, and the import takes half the time.
    """
    converter = "openvino.tools.ovc"
    modules: dict[str, Any] = sys.modules
    if converter in modules:
        import openvino
    else:
        modules[converter] = None  # the package does without where this import fails
        try:
            import openvino
        finally:
            del modules[converter]
    return openvino


def fast_type(core: Any) -> str:
    """bfloat16 where the CPU computes in it, else float32: converting back and forth would only cost."""
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
