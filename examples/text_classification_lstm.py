"""Is a review kind or not? TextVectorization, an Embedding with a mask, and two bidirectional LSTMs."""

import random
import sys

import keras
import numpy as np
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

max_features = 200
maxlen = 20

# Reviews of made-up sentences; "not" in front of a judgement turns it round.

GOOD = "great fine lovely bright moving clever warm superb".split()
BAD = "dull awful weak boring clumsy cold dreadful flat".split()
FILLER = "the film plot actor music story scene a it was and with in this very really".split()


def reviews(count, seed):
    draw = random.Random(seed)
    texts, labels = [], []
    for _ in range(count):
        label = draw.random() < 0.5
        words = [draw.choice(FILLER) for _ in range(draw.randint(4, 15))]
        for _ in range(2):
            turned = draw.random() < 0.3
            judgement = draw.choice(GOOD if label != turned else BAD)
            words.insert(draw.randrange(len(words)), f"not {judgement}" if turned else judgement)
        texts.append(" ".join(words).capitalize() + "!")
        labels.append(int(label))
    return np.array(texts), np.array(labels)


x_train, y_train = reviews(900, 1)
x_val, y_val = reviews(300, 2)

vectorize = layers.TextVectorization(max_tokens=max_features, output_mode="int", output_sequence_length=maxlen)
vectorize.adapt(x_train)
assert vectorize.get_vocabulary()[:2] == ["", "[UNK]"]

inputs = keras.Input(shape=(None,), dtype="int32")
x = layers.Embedding(max_features, 24, mask_zero=True)(inputs)
x = layers.Bidirectional(layers.LSTM(16, return_sequences=True))(x)
x = layers.Bidirectional(layers.LSTM(16))(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, outputs)

model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(vectorize(x_train), y_train, batch_size=32, epochs=4, verbose=0, validation_data=(vectorize(x_val), y_val))
loss, accuracy = model.evaluate(vectorize(x_val), y_val, verbose=0)
print(f"accuracy: {accuracy:.4f}")
