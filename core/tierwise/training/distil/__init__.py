"""Makes the packaged encoder: static token vectors that stand in for a sentence encoder.

    python -m tierwise.training.distil --teacher FOLDER --data FOLDER --out core/tierwise/encoder

The same files give the same encoder, byte for byte, on the same machine; the model card is written beside it.
"""
