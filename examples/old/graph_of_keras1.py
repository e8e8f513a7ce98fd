'''Keras 1: Convolution2D, border_mode, nb_epoch, Merge of two Sequential models, merge of tensors, generators.'''
import sys

import numpy as np
from keras.callbacks import EarlyStopping
from keras.layers import Input, merge
from keras.layers.advanced_activations import LeakyReLU
from keras.layers.convolutional import Convolution2D, MaxPooling2D, ZeroPadding2D
from keras.layers.core import Activation, Dense, Dropout, Flatten, Merge
from keras.layers.embeddings import Embedding
from keras.layers.normalization import BatchNormalization
from keras.layers.recurrent import GRU
from keras.models import Model, Sequential
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import np_utils

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
nb_classes = 4
batch_size = 16
nb_epoch = 15

# Pictures and words that together say the class: the picture one half of it, the word the other.

nb_samples = 480
labels = np.random.randint(0, nb_classes, nb_samples)
patterns = np.random.RandomState(0).randn(2, 10, 10, 1)
X_image = patterns[labels // 2] + 0.7 * np.random.randn(nb_samples, 10, 10, 1)
X_words = np.random.randint(3, 20, (nb_samples, 6))
X_words[np.arange(nb_samples), np.random.randint(0, 6, nb_samples)] = 1 + labels % 2
Y = np_utils.to_categorical(labels, nb_classes)

image_model = Sequential()
image_model.add(ZeroPadding2D((1, 1), input_shape=(10, 10, 1)))
image_model.add(Convolution2D(6, 3, 3, init='glorot_normal', W_regularizer=l2(1e-4)))
image_model.add(LeakyReLU(alpha=0.1))
image_model.add(Convolution2D(8, 3, 3, border_mode='same', subsample=(2, 2)))
image_model.add(BatchNormalization())
image_model.add(Activation('relu'))
image_model.add(MaxPooling2D(pool_size=(2, 2), border_mode='valid'))
image_model.add(Flatten())
image_model.add(Dense(output_dim=8))

word_model = Sequential()
word_model.add(Embedding(20, 8, input_length=6))
word_model.add(GRU(output_dim=8, init='uniform', inner_init='orthogonal', inner_activation='hard_sigmoid'))

model = Sequential()
model.add(Merge([image_model, word_model], mode='concat', concat_axis=-1))
model.add(Dense(16, init='normal', activation='tanh'))
model.add(Dropout(0.2))
model.add(Dense(nb_classes, activation='softmax'))
sgd = SGD(lr=0.05, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'], class_mode='categorical')
early = EarlyStopping(monitor='val_loss', patience=6)
history = model.fit([X_image[:360], X_words[:360]], Y[:360], batch_size=batch_size, nb_epoch=nb_epoch, verbose=0,
                    validation_data=([X_image[360:], X_words[360:]], Y[360:]), callbacks=[early])
score = model.evaluate([X_image[360:], X_words[360:]], Y[360:], batch_size=batch_size, verbose=0)
classes = model.predict_classes([X_image[360:], X_words[360:]], batch_size=32)
assert abs(np.mean(classes == labels[360:]) - score[1]) < 1e-5

# The functional API: the same two kinds of input, merged as tensors.

a = Input(shape=(10, 10, 1), name='image')
b = Input(shape=(6,), dtype='int32', name='words')
summed = merge([image_model(a), word_model(b)], mode='sum')
multiplied = merge([image_model(a), word_model(b)], mode='mul')
both = merge([summed, multiplied], mode='concat')
graph = Model(input=[a, b], output=Dense(nb_classes, activation='softmax', name='classes')(both))
graph.compile(sgd, {'classes': 'categorical_crossentropy'}, metrics=['accuracy'])


def batches():
    while 1:
        for start in range(0, 352, 32):
            part = slice(start, start + 32)
            yield {'image': X_image[part], 'words': X_words[part]}, {'classes': Y[part]}


graph.fit_generator(batches(), samples_per_epoch=352, nb_epoch=4, verbose=0, max_q_size=4, nb_worker=1)
graph_score = graph.evaluate({'image': X_image[360:], 'words': X_words[360:]}, {'classes': Y[360:]}, verbose=0)
print('accuracy: %.4f' % score[1])
print('graph accuracy: %.4f' % graph_score[1])
