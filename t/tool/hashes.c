/*
 * hashes: what checking passwords takes, for tests. Loaded into a process (LD_PRELOAD), it writes one line for each
 * crypt(3) to the file $BUZON_TEST_HASHES: the setting without salt and hash, which is all that the work depends on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int file = -1;

/* Before the process gives up its rights. */
__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("BUZON_TEST_HASHES");

    if (path != NULL)
        file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

/* "$6$rounds=200000$salt$hash": up to the salt. */
static size_t cost_length(const char *setting)
{
    const char *rounds = strstr(setting, "$rounds=");
    const char *end = rounds == NULL ? strchr(setting + 1, '$') : strchr(rounds + 1, '$');

    return setting[0] != '$' || end == NULL ? 0 : (size_t)(end - setting);
}

char *crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
    char *(*real)(const char *, const char *, void *, int);
    char line[128];
    int length = snprintf(line, sizeof(line), "%.*s\n", (int)cost_length(setting), setting);

    *(void **)&real = dlsym(RTLD_NEXT, "crypt_rn");
    if (file >= 0 && write(file, line, (size_t)length) != length)
        abort();
    return real(phrase, setting, data, size);
}
