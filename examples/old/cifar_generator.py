'''Real-time augmentation in the style of Keras 1.2 and 2: ImageDataGenerator and fit_generator.'''
import os
import sys
import tempfile

import keras
import numpy as np
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential, load_model
from keras.optimizers import RMSprop
from keras.preprocessing.image import ImageDataGenerator

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
batch_size = 32
epochs = 6


def pictures(count):
    '''A cross or a ring on a colored ground.'''
    y = np.random.randint(0, 2, (count, 1))
    x = np.random.randint(0, 80, (count, 16, 16, 3))
    rows, cols = np.mgrid[:16, :16] - 7.5
    ring = np.abs(np.sqrt(rows ** 2 + cols ** 2) - 5) < 1.2
    cross = (np.abs(rows) < 1.2) | (np.abs(cols) < 1.2)
    for image, label in zip(x, y[:, 0]):
        image[ring if label else cross] += np.random.randint(60, 170, 3)
    return x.astype('uint8'), y


x_train, y_train = pictures(480)
x_test, y_test = pictures(160)
x_train = x_train.astype('float32') / 255
x_test = x_test.astype('float32') / 255

model = Sequential()
model.add(Conv2D(12, (3, 3), padding='same', input_shape=x_train.shape[1:]))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Conv2D(24, (3, 3)))
model.add(BatchNormalization(momentum=0.8))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(1))
model.add(Activation('sigmoid'))

opt = RMSprop(lr=0.002, decay=1e-6)
model.compile(loss='binary_crossentropy', optimizer=opt, metrics=['acc'])

datagen = ImageDataGenerator(
    featurewise_center=True,
    featurewise_std_normalization=True,
    rotation_range=20,
    width_shift_range=0.1,
    height_shift_range=0.1,
    shear_range=0.,
    zoom_range=0.1,
    channel_shift_range=0.,
    fill_mode='nearest',
    horizontal_flip=True,
    vertical_flip=False)
datagen.fit(x_train)
test_generator = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
test_generator.fit(x_train)

model.fit_generator(datagen.flow(x_train, y_train, batch_size=batch_size),
                    steps_per_epoch=len(x_train) / batch_size,
                    epochs=epochs,
                    validation_data=test_generator.flow(x_test, y_test, batch_size=batch_size),
                    validation_steps=len(x_test) // batch_size,
                    workers=1,
                    verbose=0)

model_path = os.path.join(tempfile.mkdtemp(), 'keras_cifar_trained_model.h5')
model.save(model_path)
model = load_model(model_path)

in_order = test_generator.flow(x_test, y_test, batch_size=40, shuffle=False)
scores = model.evaluate_generator(in_order, steps=4)
predictions = model.predict_generator(in_order, steps=len(in_order), verbose=0)
assert predictions.shape == (160, 1)
print('loss: %.4f' % scores[0])
print('accuracy: %.4f' % scores[1])
