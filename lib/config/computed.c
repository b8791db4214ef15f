/* Defaults that depend on the host, the process or other parameters. */
#include "lib/config/computed.h"

#include "lib/base/file.h"
#include "lib/config/interfaces.h"
#include "lib/config/lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NETWORKS_MAX    (1U << 20)
#define ORIGIN_FILE_MAX 65536

static const char *value_of(struct config_source *source, unsigned index, struct error *err)
{
    return source_value(source, &parameters[index], err);
}

/* The host's name; one without a dot is completed with mydomain, when main.cf sets it. */
static const char *compute_myhostname(struct config_source *source, struct error *err)
{
    char host[HOST_NAME_MAX + 1] = "";
    const char *domain = "localdomain";

    if (gethostname(host, sizeof(host) - 1) != 0 || *host == '\0')
        (void)snprintf(host, sizeof(host), "localhost");
    if (strchr(host, '.') != NULL)
        return arena_copy(source->arena, host);
    if (source->known[INDEX_mydomain].text != NULL)
        domain = value_of(source, INDEX_mydomain, err);
    return domain == NULL ? NULL : arena_printf(source->arena, "%s.%s", host, domain);
}

static const char *compute_mydomain(struct config_source *source, struct error *err)
{
    const char *host = value_of(source, INDEX_myhostname, err);
    const char *dot;

    if (host == NULL)
        return NULL;
    dot = strchr(host, '.');
    return dot == NULL ? "localdomain" : dot + 1;
}

static const char *find_networks(struct config_source *source, struct error *err)
{
    const char *style = value_of(source, INDEX_mynetworks_style, err);
    const char *interfaces = value_of(source, INDEX_inet_interfaces, err);
    const char *protocols = value_of(source, INDEX_inet_protocols, err);
    struct own_address *addresses;
    size_t count;
    struct buf networks = BUF(NETWORKS_MAX);
    const char *value = NULL;

    if (style != NULL && interfaces != NULL && protocols != NULL &&
        interfaces_own(interfaces, protocols, source->arena, &addresses, &count, err) &&
        networks_of(addresses, count, style, &networks, err))
        value = arena_text(source->arena, buf_span(&networks));
    buf_release(&networks);
    return value;
}

/* That it cannot be told is found out once, too: many refer to it, and a name server may have been waited for. */
static const char *compute_mynetworks(struct config_source *source, struct error *err)
{
    struct error *failure = &source->networks_failure;
    const char *value = failure->kind == ERROR_NONE ? find_networks(source, failure) : NULL;

    if (value == NULL && err != NULL)
        *err = *failure;
    return value;
}

bool computed_is(const struct parameter *parameter)
{
    return *parameter->value == '('; /* a description stands there */
}

const char *computed_value(struct config_source *source, const struct parameter *parameter,
                           struct error *err)
{
    switch (parameter_index(parameter)) {
    case INDEX_mydomain:
        return compute_mydomain(source, err);
    case INDEX_myhostname:
        return compute_myhostname(source, err);
    case INDEX_mynetworks:
        return compute_mynetworks(source, err);
    case INDEX_config_directory:
        return source->directory;
    case INDEX_process_id:
        return arena_printf(source->arena, "%d", (int)getpid());
    case INDEX_process_name:
        return arena_copy(source->arena, program_invocation_short_name);
    case INDEX_service_name:
        return source->service;
    default:
        return parameter->value;
    }
}

const char *computed_myorigin(struct config_source *source, const char *myorigin, struct error *err)
{
    struct buf content = BUF(ORIGIN_FILE_MAX);
    struct lines lines;
    struct logical_line line;
    const char *name = NULL;

    if (*myorigin != '/')
        return myorigin;
    if (file_read(AT_FDCWD, myorigin, &content, err)) {
        lines = LINES(buf_span(&content));
        if (lines_next(&lines, &line)) {
            name = arena_text(source->arena, span_trim(line.text));
            lines_release(&lines);
        } else {
            error_set(err, ERROR_PERMANENT, "the file has no text: %s", myorigin);
        }
    }
    if (name == NULL)
        error_prefix(err, "myorigin");
    buf_release(&content);
    return name;
}
