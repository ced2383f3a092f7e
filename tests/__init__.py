"""The tests of Kingfisher, in the same tree as app/; house/ holds the rules of the house."""
