/* Notes every file that a process opens, by whatever library: one line for each, in the file named by OPENS_LOG. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note(const char *path) {
    static int handle = -2;
    if (handle == -2) {
        const char *name = getenv("OPENS_LOG");
        handle = name ? syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
    }
    if (handle >= 0 && path) {
        char line[4200];
        int size = snprintf(line, sizeof line, "%s\n", path);
        if (write(handle, line, size) < 0) return;
    }
}

#define MODE(flags) int mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, int); va_end(more); }
#define OPEN(name) int name(const char *path, int flags, ...) { MODE(flags) note(path); int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); return real(path, flags, mode); }
#define OPENAT(name) int name(int folder, const char *path, int flags, ...) { MODE(flags) note(path); int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, #name); return real(folder, path, flags, mode); }
#define FOPEN(name) FILE *name(const char *path, const char *how) { note(path); FILE *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, #name); return real(path, how); }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)
