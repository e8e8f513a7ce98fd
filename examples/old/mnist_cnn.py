'''A small convolutional network on digits, as programs of Keras 2 wrote it.'''
from __future__ import print_function

import sys

import keras
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential

batch_size = 32
num_classes = 5
epochs = 4
img_rows, img_cols = 14, 14

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1337)


def load_data(count):
    '''Noisy copies of five fixed drawings.'''
    drawings = np.random.RandomState(0).rand(num_classes, img_rows, img_cols) > 0.7
    y = np.random.randint(0, num_classes, count)
    x = drawings[y] * 160 + np.random.rand(count, img_rows, img_cols) * 95
    return x.astype('uint8'), y


(x_train, y_train), (x_test, y_test) = load_data(600), load_data(200)

if K.image_data_format() == 'channels_first':
    x_train = x_train.reshape(x_train.shape[0], 1, img_rows, img_cols)
    x_test = x_test.reshape(x_test.shape[0], 1, img_rows, img_cols)
    input_shape = (1, img_rows, img_cols)
else:
    x_train = x_train.reshape(x_train.shape[0], img_rows, img_cols, 1)
    x_test = x_test.reshape(x_test.shape[0], img_rows, img_cols, 1)
    input_shape = (img_rows, img_cols, 1)

x_train = x_train.astype('float32') / 255
x_test = x_test.astype('float32') / 255
print('x_train shape:', x_train.shape)

y_train = keras.utils.to_categorical(y_train, num_classes)
y_test = keras.utils.to_categorical(y_test, num_classes)

model = Sequential()
model.add(Conv2D(8, kernel_size=(3, 3), activation='relu', input_shape=input_shape))
model.add(Conv2D(16, (3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(32, activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(num_classes, activation='softmax'))

model.compile(loss=keras.losses.categorical_crossentropy,
              optimizer=keras.optimizers.Adadelta(lr=1.0),
              metrics=['accuracy'])

history = model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=2,
                    validation_data=(x_test, y_test))
assert 'val_acc' in history.history or 'val_accuracy' in history.history
score = model.evaluate(x_test, y_test, verbose=0)
print('loss: %.4f' % score[0])
print('accuracy: %.4f' % score[1])
