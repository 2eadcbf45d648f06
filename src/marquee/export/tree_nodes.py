"""LightGBM's trees as flat arrays, the way runtimes of ONNX want them."""

from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb

_LEAST_OR_EQUAL = "<="


@dataclass
class TreeNodes:
    """Splits and leaves of all trees, children by position.

    Attributes:
        features: Column that each split asks, shape (splits,).
        thresholds: A value at most so large goes to the true side, shape (splits,).
        is_missing_true: Whether NaN goes to the true side, shape (splits,).
        true_children, false_children: Position of a split or of a leaf, shape (splits,).
        is_true_leaf, is_false_leaf: Whether that child is a leaf, shape (splits,).
        roots: Position of the first split of each tree, shape (trees,).
        leaf_values: What a leaf adds, shape (leaves,).
        leaf_outputs: Output that it adds to, shape (leaves,).
    """

    features: list[int] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    is_missing_true: list[bool] = field(default_factory=list)
    true_children: list[int] = field(default_factory=list)
    false_children: list[int] = field(default_factory=list)
    is_true_leaf: list[bool] = field(default_factory=list)
    is_false_leaf: list[bool] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    leaf_values: list[float] = field(default_factory=list)
    leaf_outputs: list[int] = field(default_factory=list)

    def add_tree(self, root: dict[str, Any], output: int) -> None:
        """Adds a tree of LightGBM's dump, from its root on."""
        position, is_leaf = self._add(root, output)
        if is_leaf:
            # A tree is entered by a split, so one that knows no better asks and answers alike.
            position = self._new_split(0, 0.0, False)
            self._join(position, self._add(root, output), self._add(root, output))
        self.roots.append(position)

    def _add(self, node: dict[str, Any], output: int) -> tuple[int, bool]:
        if "leaf_value" in node:
            self.leaf_values.append(float(node["leaf_value"]))
            self.leaf_outputs.append(output)
            return len(self.leaf_values) - 1, True
        if node["decision_type"] != _LEAST_OR_EQUAL:
            raise ValueError(f"a split by {node['decision_type']} can't be exported")
        threshold = float(node["threshold"])
        position = self._new_split(
            int(node["split_feature"]), threshold, _is_missing_true(node, threshold)
        )
        children = [self._add(node[side], output) for side in ("left_child", "right_child")]
        self._join(position, *children)
        return position, False

    def _new_split(self, feature: int, threshold: float, is_missing_true: bool) -> int:
        self.features.append(feature)
        self.thresholds.append(threshold)
        self.is_missing_true.append(is_missing_true)
        for children in (self.true_children, self.false_children):
            children.append(0)
        for flags in (self.is_true_leaf, self.is_false_leaf):
            flags.append(False)
        return len(self.features) - 1

    def _join(
        self, position: int, true_child: tuple[int, bool], false_child: tuple[int, bool]
    ) -> None:
        self.true_children[position], self.is_true_leaf[position] = true_child
        self.false_children[position], self.is_false_leaf[position] = false_child


def tree_nodes(text: str) -> TreeNodes:
    """Reads all trees of LightGBM's text.

    Raises:
        ValueError: If a split is by categories, or takes zeros for missing.
    """
    dump = lgb.Booster(model_str=text).dump_model()
    found = TreeNodes()
    for position, tree in enumerate(dump["tree_info"]):
        found.add_tree(tree["tree_structure"], position % dump["num_tree_per_iteration"])
    return found


def _is_missing_true(node: dict[str, Any], threshold: float) -> bool:
    kind = node["missing_type"]
    if kind == "NaN":
        return bool(node["default_left"])
    if kind == "None":
        # The column lacked no value in training; LightGBM then takes NaN for 0.
        return threshold >= 0.0
    raise ValueError(f"missing values of the kind {kind} can't be exported")
