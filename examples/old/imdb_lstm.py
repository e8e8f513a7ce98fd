'''Reviews told apart by an LSTM, then by a convolution before it, in the style of Keras 1 and 2.'''
from __future__ import print_function

import sys

import numpy as np
from keras.layers import LSTM, Activation, Conv1D, Dense, Dropout, Embedding, MaxPooling1D
from keras.models import Sequential, model_from_json
from keras.preprocessing import sequence
from keras.preprocessing.text import Tokenizer

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1337)

max_features = 60
maxlen = 16
batch_size = 32


def texts(count):
    words = ['w%d' % k for k in range(40)]
    good, bad = ['good%d' % k for k in range(6)], ['bad%d' % k for k in range(6)]
    y = np.random.randint(0, 2, count)
    made = []
    for label in y:
        text = list(np.random.choice(words, np.random.randint(5, 14)))
        text += list(np.random.choice(good if label else bad, 2)) + list(np.random.choice(bad if label else good, 1))
        np.random.shuffle(text)
        made.append(' '.join(text))
    return made, y


(x_train, y_train), (x_test, y_test) = texts(900), texts(250)
tokenizer = Tokenizer(num_words=max_features)
tokenizer.fit_on_texts(x_train)
x_train, x_test = tokenizer.texts_to_sequences(x_train), tokenizer.texts_to_sequences(x_test)
x_train = sequence.pad_sequences(x_train, maxlen=maxlen)
x_test = sequence.pad_sequences(x_test, maxlen=maxlen)
print('x_train shape:', x_train.shape)

model = Sequential()
model.add(Embedding(max_features, 16))
model.add(LSTM(16, dropout=0.1, recurrent_dropout=0.1))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=batch_size, epochs=12, validation_data=(x_test, y_test), verbose=0)
score, acc = model.evaluate(x_test, y_test, batch_size=batch_size, verbose=0)

again = model_from_json(model.to_json())
again.set_weights(model.get_weights())
assert np.allclose(again.predict(x_test), model.predict(x_test), atol=1e-6)

cnn = Sequential()
cnn.add(Embedding(max_features, 16, input_length=maxlen))
cnn.add(Dropout(0.25))
cnn.add(Conv1D(16, 3, padding='valid', activation='relu', strides=1))
cnn.add(MaxPooling1D(pool_size=2))
cnn.add(LSTM(16))
cnn.add(Dense(1))
cnn.add(Activation('sigmoid'))
cnn.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
cnn.fit(x_train, y_train, batch_size=batch_size, epochs=12, verbose=0)
print('accuracy: %.4f' % acc)
print('cnn accuracy: %.4f' % cnn.evaluate(x_test, y_test, verbose=0)[1])
