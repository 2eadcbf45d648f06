"""A package of another team: what it needs of marquee is the contract of docs/estimators.md."""
