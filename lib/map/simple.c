/*
 * Tables without a file: static (one answer to every key), environ (the environment), internal
 * (always empty), fail (always broken, for tests), and nis for hosts that use none.
 */
#include "lib/map/map_type.h"

#include "lib/config/lines.h"

#include <stdlib.h>
#include <unistd.h>

static void *open_text(const struct config *config UNUSED, const char *name,
                       struct error *err UNUSED)
{
    return mem_span(braces_strip(span_text(name)));
}

static void *open_static(const struct config *config, const char *name, struct error *err)
{
    const char *fault = braces_fault(span_text(name));

    if (fault == NULL)
        return open_text(config, name, err);
    error_set(err, ERROR_MALFORMED, "bad static:name syntax: %s in \"%s\"", fault, name);
    return NULL;
}

static void close_text(void *table)
{
    mem_free(table);
}

static enum map_result answer_static(void *table, struct span key UNUSED, int flags UNUSED,
                                     struct buf *value_r, struct error *err)
{
    return map_answer(span_text(table), value_r, err);
}

static enum map_result answer_environ(void *table UNUSED, struct span key, int flags UNUSED,
                                      struct buf *value_r, struct error *err)
{
    const char *value = getenv(key.data);

    return value == NULL ? MAP_ABSENT : map_answer(span_text(value), value_r, err);
}

static enum map_result answer_internal(void *table UNUSED, struct span key UNUSED, int flags UNUSED,
                                       struct buf *value_r UNUSED, struct error *err UNUSED)
{
    return MAP_ABSENT;
}

static enum map_result answer_fail(void *table UNUSED, struct span key UNUSED, int flags UNUSED,
                                   struct buf *value_r UNUSED, struct error *err)
{
    error_set(err, ERROR_TEMPORARY, "this table always fails");
    return MAP_UNAVAILABLE;
}

/* Postfix's default alias_maps name an NIS table. Where no NIS domain is set, it is empty. */
static void *open_nis(const struct config *config, const char *name, struct error *err)
{
    char domain[256] = "";

    if (getdomainname(domain, sizeof(domain) - 1) != 0 || domain[0] == '\0' ||
        strcmp(domain, "(none)") == 0)
        return open_text(config, name, err);
    error_set(err, ERROR_TEMPORARY, "NIS is not supported, but this host has the NIS domain %s",
              domain);
    return NULL;
}

const struct map_type map_type_static = {
    .name = "static",
    .open = open_static,
    .lookup = answer_static,
    .close = close_text,
};

const struct map_type map_type_environ = {
    .name = "environ",
    .open = open_text,
    .lookup = answer_environ,
    .close = close_text,
};

const struct map_type map_type_internal = {
    .name = "internal",
    .open = open_text,
    .lookup = answer_internal,
    .close = close_text,
};

const struct map_type map_type_fail = {
    .name = "fail",
    .traits = MAP_PATTERN,
    .open = open_text,
    .lookup = answer_fail,
    .close = close_text,
};

const struct map_type map_type_nis = {
    .name = "nis",
    .open = open_nis,
    .lookup = answer_internal,
    .close = close_text,
};
