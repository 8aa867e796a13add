"""What models cost and can do: a compact copy of litellm's public price table, and the way to find a model in it.

`names` says when two spellings mean the same model, `table` reads the file `models.tsv`, `lookup` finds a model, and
`refresh` makes the file again (`make catalogue`). Nothing is read before the first look-up.
"""
