/*
 * struct error: filled by whoever knows the object, logged once by whoever handles it. The kinds of
 * errno values stand in one table here, so that the whole suite defers and bounces alike.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"

#include <stdio.h>

/* Trying again cannot help: the name or the request itself is wrong. */
static const int permanent_numbers[] = {
    ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EISDIR, EEXIST, EINVAL,
};

static enum error_kind kind_of(int number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(permanent_numbers); i++) {
        if (permanent_numbers[i] == number)
            return ERROR_PERMANENT;
    }
    return ERROR_TEMPORARY;
}

void error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    if (err == NULL)
        return;
    err->kind = kind;
    err->number = 0;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
}

void error_errno(struct error *err, const char *format, ...)
{
    int number = errno;
    va_list arguments;
    size_t len;

    if (err == NULL)
        return;
    err->kind = kind_of(number);
    err->number = number;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(number));
    errno = number;
}

bool error_is_no_room(const struct error *err)
{
    return err->number == ENOSPC || err->number == EDQUOT;
}

void error_prefix(struct error *err, const char *format, ...)
{
    char old[ERROR_TEXT_MAX];
    va_list arguments;
    size_t len;

    if (err == NULL)
        return;
    memcpy(old, err->text, sizeof(old));
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", old);
}

void error_clear(struct error *err)
{
    if (err == NULL)
        return;
    err->kind = ERROR_NONE;
    err->number = 0;
    err->text[0] = '\0';
}

void assertion_failed(const char *condition, const char *file, int line)
{
    log_panic("%s:%d: assertion failed: %s", file, line, condition);
}
