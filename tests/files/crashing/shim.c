/* Stops, tears or refuses the N-th system call that changes anything in one folder.
 *
 * Loaded before the C library (LD_PRELOAD). `crash_arm` begins the count; what is counted, and what happens at which
 * count, is said there. Calls elsewhere in the file system pass through.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, KILL, TEAR, FULL, BROKEN, SHORT };

static char root[PATH_MAX];
static size_t root_length;
static long count, point;
static int mode, armed, no_tmpfile;
static char ops[1 << 20];
static size_t ops_length;

/* Counting begins: from now on, at call number `at` (from 1), do what `how` says.
 * KILL before it; TEAR: do half of it, then kill; FULL: from it on, no space; BROKEN: this one is an I/O error;
 * SHORT: write half and say so. `plain`: the file system knows no files without a name. */
void crash_arm(const char *folder, long at, int how, int plain)
{
    snprintf(root, sizeof root, "%s", folder);
    root_length = strlen(root);
    count = 0;
    ops_length = 0;
    ops[0] = 0;
    point = at;
    mode = how;
    no_tmpfile = plain;
    armed = 1;
}

/* Counting ends; how many calls there were. */
long crash_disarm(void)
{
    armed = 0;
    return count;
}

/* One line per counted call: its name and what it was about. */
const char *crash_ops(void) { return ops; }

static void die(void) { kill(getpid(), SIGKILL); }

static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return length >= 0;
}

static int is_inside(const char *path) { return !strncmp(path, root, root_length); }

static int fd_inside(int fd)
{
    char path[PATH_MAX];
    return armed && path_of(fd, path) && is_inside(path);
}

static int name_inside(int folder, const char *name)
{
    char path[PATH_MAX];
    if (!armed || !name)
        return 0;
    if (name[0] == '/')
        return is_inside(name);
    if (folder == AT_FDCWD)
        return getcwd(path, sizeof path) && is_inside(path);
    return path_of(folder, path) && is_inside(path);
}

/* Counts a call. 0: let it pass; 1: do half of it (for writes), then `after`; -1: refuse, errno is set. */
static int hit(const char *name, long about, int takes_space)
{
    count++;
    if (ops_length < sizeof ops - 100)
        ops_length += snprintf(ops + ops_length, 100, "%s %ld\n", name, about);
    if (mode == FULL && count >= point && point && takes_space) {
        errno = ENOSPC;
        return -1;
    }
    if (count != point)
        return 0;
    if (mode == KILL)
        die();
    if (mode == BROKEN) {
        errno = EIO;
        return -1;
    }
    return mode == TEAR || mode == SHORT;
}

static void after(int half)
{
    if (half && mode == TEAR)
        die();
}

static long inode(int fd)
{
    struct stat found;
    return fstat(fd, &found) ? -1 : (long)found.st_ino;
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) \
        real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    int half = fd_inside(fd) ? hit("write", inode(fd), 1) : 0;
    if (half < 0)
        return -1;
    ssize_t done = real(fd, data, half ? (size + 1) / 2 : size);
    after(half);
    return done;
}

#define PWRITE(name) \
    ssize_t name(int fd, const void *data, size_t size, off64_t at) \
    { \
        REAL(ssize_t, #name, int, const void *, size_t, off64_t); \
        int half = fd_inside(fd) ? hit("write", inode(fd), 1) : 0; \
        if (half < 0) \
            return -1; \
        ssize_t done = real(fd, data, half ? (size + 1) / 2 : size, at); \
        after(half); \
        return done; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t writev(int fd, const struct iovec *parts, int number)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    int half = fd_inside(fd) ? hit("write", inode(fd), 1) : 0;
    if (half < 0)
        return -1;
    ssize_t done = real(fd, parts, half ? (number + 1) / 2 : number);
    after(half);
    return done;
}

/* Calls that are done whole or not at all. */
#define WHOLE(condition, label, about, space, call) \
    int half = (condition) ? hit(label, about, space) : 0; \
    if (half < 0) \
        return -1; \
    int result = call; \
    after(half); \
    return result

#define NAMELESS (O_TMPFILE & ~O_DIRECTORY)
#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(int, #name, const char *, int, mode_t); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t access = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE && name_inside(AT_FDCWD, path)) { \
            errno = EOPNOTSUPP; \
            return -1; \
        } \
        WHOLE(name_inside(AT_FDCWD, path), "open", flags, flags & (O_CREAT | NAMELESS), real(path, flags, access)); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) \
    { \
        REAL(int, #name, int, const char *, int, mode_t); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t access = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        WHOLE(name_inside(folder, path), "open", flags, flags & O_CREAT, real(folder, path, flags, access)); \
    }
OPENAT(openat)
OPENAT(openat64)

#define OF_HANDLE(name, label, space) \
    int name(int fd) \
    { \
        REAL(int, #name, int); \
        WHOLE(fd_inside(fd), label, inode(fd), space, real(fd)); \
    }
OF_HANDLE(fsync, "fsync", 0)
OF_HANDLE(fdatasync, "fsync", 0)

int close(int fd)
{
    REAL(int, "close", int);
    int half = fd_inside(fd) ? hit("close", inode(fd), 0) : 0;
    int error = errno;
    int result = real(fd); /* a close that fails has closed all the same */
    after(half > 0);
    if (half < 0) {
        errno = error;
        return -1;
    }
    return result;
}

#define TRUNCATE(name) \
    int name(int fd, off64_t size) \
    { \
        REAL(int, #name, int, off64_t); \
        WHOLE(fd_inside(fd), "truncate", inode(fd), 1, real(fd, size)); \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int fchmod(int fd, mode_t access)
{
    REAL(int, "fchmod", int, mode_t);
    WHOLE(fd_inside(fd), "chmod", inode(fd), 0, real(fd, access));
}

int chmod(const char *path, mode_t access)
{
    REAL(int, "chmod", const char *, mode_t);
    WHOLE(name_inside(AT_FDCWD, path), "chmod", 0, 0, real(path, access));
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    WHOLE(name_inside(AT_FDCWD, to), "name", 0, 1, real(from, to));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *);
    WHOLE(name_inside(to_folder, to), "name", 0, 1, real(from_folder, from, to_folder, to));
}

int link(const char *from, const char *to)
{
    REAL(int, "link", const char *, const char *);
    WHOLE(name_inside(AT_FDCWD, to), "name", 0, 1, real(from, to));
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    REAL(int, "linkat", int, const char *, int, const char *, int);
    WHOLE(name_inside(to_folder, to), "name", 0, 1, real(from_folder, from, to_folder, to, flags));
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    WHOLE(name_inside(AT_FDCWD, path), "unlink", 0, 0, real(path));
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(int, "unlinkat", int, const char *, int);
    WHOLE(name_inside(folder, path), "unlink", 0, 0, real(folder, path, flags));
}

int rmdir(const char *path)
{
    REAL(int, "rmdir", const char *);
    WHOLE(name_inside(AT_FDCWD, path), "unlink", 0, 0, real(path));
}

int mkdir(const char *path, mode_t access)
{
    REAL(int, "mkdir", const char *, mode_t);
    WHOLE(name_inside(AT_FDCWD, path), "mkdir", 0, 1, real(path, access));
}
