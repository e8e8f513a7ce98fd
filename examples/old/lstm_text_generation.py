'''Letters learned one after the other by an LSTM, in the style of Keras 2: LambdaCallback and a temperature.'''
from __future__ import print_function

import random
import sys

import numpy as np
from keras.callbacks import LambdaCallback
from keras.layers import Activation, Dense, LSTM
from keras.models import Sequential
from keras.optimizers import RMSprop

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
np.random.seed(seed)
random.seed(seed)

text = ('the sun rose over the hill and the hill shone under the sun. '
        'the rain fell over the field and the field drank the rain. ') * 8
chars = sorted(list(set(text)))
char_indices = dict((c, i) for i, c in enumerate(chars))
indices_char = dict((i, c) for i, c in enumerate(chars))

maxlen = 12
step = 1
sentences = []
next_chars = []
for i in range(0, len(text) - maxlen, step):
    sentences.append(text[i: i + maxlen])
    next_chars.append(text[i + maxlen])

x = np.zeros((len(sentences), maxlen, len(chars)), dtype=bool)
y = np.zeros((len(sentences), len(chars)), dtype=bool)
for i, sentence in enumerate(sentences):
    for t, char in enumerate(sentence):
        x[i, t, char_indices[char]] = 1
    y[i, char_indices[next_chars[i]]] = 1

model = Sequential()
model.add(LSTM(48, input_shape=(maxlen, len(chars))))
model.add(Dense(len(chars)))
model.add(Activation('softmax'))

optimizer = RMSprop(lr=0.02)
model.compile(loss='categorical_crossentropy', optimizer=optimizer)


def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype('float64')
    preds = np.log(preds) / temperature
    exp_preds = np.exp(preds)
    preds = exp_preds / np.sum(exp_preds)
    probas = np.random.multinomial(1, preds, 1)
    return np.argmax(probas)


written = []


def on_epoch_end(epoch, logs):
    if epoch % 5 != 4:
        return
    start_index = random.randint(0, len(text) - maxlen - 1)
    for diversity in [0.2, 0.5]:
        sentence = text[start_index: start_index + maxlen]
        generated = sentence
        for i in range(20):
            x_pred = np.zeros((1, maxlen, len(chars)))
            for t, char in enumerate(sentence):
                x_pred[0, t, char_indices[char]] = 1.
            preds = model.predict(x_pred, verbose=0)[0]
            next_char = indices_char[sample(preds, diversity)]
            sentence = sentence[1:] + next_char
            generated += next_char
        written.append(generated)
        print(epoch, diversity, generated)


print_callback = LambdaCallback(on_epoch_end=on_epoch_end)
history = model.fit(x, y, batch_size=64, epochs=10, callbacks=[print_callback], verbose=0)
assert len(written) == 4
print('loss: %.4f' % model.evaluate(x, y, verbose=0))
