/* master.cf: lines of fields, and what they mean to master. */
#include "lib/config/master_cf.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/config/lines.h"

#include <fcntl.h>

#define MASTER_CF_MAX (16U << 20)

enum field { NAME, TYPE, PRIVATE, UNPRIVILEGED, CHROOT, WAKEUP, PROCESS_LIMIT, COMMAND };

static const char *const field_names[] = {
    [NAME] = "service",
    [TYPE] = "type",
    [PRIVATE] = "private",
    [UNPRIVILEGED] = "unprivileged",
    [CHROOT] = "chroot",
    [WAKEUP] = "wakeup",
    [PROCESS_LIMIT] = "process_limit",
    [COMMAND] = "command",
};

static const char *const type_names[] = {
    [SERVICE_INET] = "inet",
    [SERVICE_UNIX] = "unix",
    [SERVICE_FIFO] = "fifo",
    [SERVICE_PASS] = "pass",
    [SERVICE_UNIX_DGRAM] = "unix-dgram",
};

const char *service_type_name(enum service_type type)
{
    return type_names[type];
}

bool service_type_parse(const char *text, enum service_type *type_r)
{
    for (size_t i = 0; i < ARRAY_LENGTH(type_names); i++) {
        if (strcmp(type_names[i], text) == 0) {
            *type_r = (enum service_type)i;
            return true;
        }
    }
    return false;
}

/* The length of the word at the start of text; blanks in { } are part of it. */
static size_t measure_word(struct span text)
{
    size_t depth = 0;
    size_t len = 0;

    for (; len < text.len; len++) {
        if (text.data[len] == '{')
            depth++;
        else if (text.data[len] == '}' && depth > 0)
            depth--;
        else if (depth == 0 && is_space((unsigned char)text.data[len]))
            break;
    }
    return len;
}

void master_cf_split(struct span line, struct strlist *words)
{
    for (line = span_trim(line); line.len > 0; line = span_trim(line)) {
        struct span word = span_first(line, measure_word(line));

        strlist_add_span(words, word);
        line = span_skip(line, word.len);
    }
}

static bool bad_field(struct error *err, enum field field, const char *value)
{
    error_set(err, ERROR_PERMANENT, "invalid %s field \"%s\"", field_names[field], value);
    return false;
}

static bool parse_flag(const struct strlist *words, enum field field, bool by_default, bool *flag_r,
                       struct error *err)
{
    const char *text = words->items[field];

    if (strcmp(text, "y") != 0 && strcmp(text, "n") != 0 && strcmp(text, "-") != 0)
        return bad_field(err, field, text);
    *flag_r = strcmp(text, "-") == 0 ? by_default : strcmp(text, "y") == 0;
    return true;
}

static bool parse_number(const char *text, int by_default, int *number_r)
{
    uint64_t number;

    if (strcmp(text, "-") == 0) {
        *number_r = by_default;
        return true;
    }
    if (!span_to_u64(span_text(text), INT_MAX, &number))
        return false;
    *number_r = (int)number;
    return true;
}

/* Seconds, and perhaps a "?" behind them. */
static bool parse_wakeup(const char *text, struct master_service *service, struct error *err)
{
    struct span digits = span_text(text);
    uint64_t seconds;

    if (strcmp(text, "-") == 0)
        return true;
    service->wakeup_lazy = digits.len > 0 && digits.data[digits.len - 1] == '?';
    if (service->wakeup_lazy)
        digits.len--;
    if (!span_to_u64(digits, INT_MAX, &seconds))
        return bad_field(err, WAKEUP, text);
    service->wakeup_s = (int)seconds;
    return true;
}

/* Names become names of sockets, and of programs in daemon_directory: never a way out of there. */
bool master_cf_is_plain(const char *name)
{
    return *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
}

static bool parse_names(const struct strlist *words, struct arena *arena,
                        struct master_service *service, struct error *err)
{
    if (!service_type_parse(words->items[TYPE], &service->type))
        return bad_field(err, TYPE, words->items[TYPE]);
    if (service->type != SERVICE_INET && !master_cf_is_plain(words->items[NAME]))
        return bad_field(err, NAME, words->items[NAME]);
    if (!master_cf_is_plain(words->items[COMMAND]))
        return bad_field(err, COMMAND, words->items[COMMAND]);
    service->name = arena_copy(arena, words->items[NAME]);
    service->command = arena_copy(arena, words->items[COMMAND]);
    return true;
}

/* Braces keep the blanks of an argument together and are not part of it. */
static bool parse_arguments(const struct strlist *words, struct master_service *service,
                            struct error *err)
{
    for (size_t i = COMMAND + 1; i < words->count; i++) {
        struct span word = span_text(words->items[i]);
        const char *fault = braces_fault(word);

        if (fault != NULL) {
            error_set(err, ERROR_PERMANENT, "%s in \"%s\"", fault, words->items[i]);
            return false;
        }
        strlist_add_span(&service->arguments, braces_strip(word));
    }
    return true;
}

static bool parse_service(struct span line, int default_process_limit, struct arena *arena,
                          struct master_service *service, struct error *err)
{
    struct strlist words = STRLIST_EMPTY;
    bool done = false;

    master_cf_split(line, &words);
    if (words.count <= COMMAND) {
        error_set(err, ERROR_PERMANENT, "bad field count");
    } else if (parse_names(&words, arena, service, err) &&
               parse_flag(&words, PRIVATE, true, &service->private_socket, err) &&
               parse_flag(&words, UNPRIVILEGED, true, &service->unprivileged, err) &&
               parse_flag(&words, CHROOT, false, &service->chroot, err) &&
               parse_wakeup(words.items[WAKEUP], service, err) &&
               parse_arguments(&words, service, err)) {
        done = parse_number(words.items[PROCESS_LIMIT], default_process_limit,
                            &service->process_limit) ||
               bad_field(err, PROCESS_LIMIT, words.items[PROCESS_LIMIT]);
    }
    strlist_release(&words);
    return done;
}

bool master_cf_check_entry(struct span entry, struct error *err)
{
    struct arena *arena = arena_create();
    struct master_service service = {0};
    bool done = parse_service(entry, 0, arena, &service, err);

    strlist_release(&service.arguments);
    arena_free(&arena);
    return done;
}

/* Takes the text over. */
static void warn(struct master_cf *master_cf, char *text)
{
    strlist_add(&master_cf->warnings, text);
    mem_free(text);
}

/* A second entry for the same service counts instead of the first. */
static struct master_service *make_room(struct master_cf *master_cf, const char *path,
                                        const struct master_service *service)
{
    for (size_t i = 0; i < master_cf->count; i++) {
        struct master_service *old = &master_cf->services[i];

        if (old->type != service->type || strcmp(old->name, service->name) != 0)
            continue;
        warn(master_cf,
             mem_printf(
                 "%s, line %d: duplicate entry for service \"%s\" (%s) -- using the last entry",
                 path, service->line, service->name, type_names[service->type]));
        strlist_release(&old->arguments);
        return old;
    }
    /* room for a power of two of them */
    if ((master_cf->count & (master_cf->count - 1)) == 0)
        master_cf->services =
            mem_resize(master_cf->services, master_cf->count == 0 ? 1 : master_cf->count * 2,
                       sizeof(*master_cf->services));
    return &master_cf->services[master_cf->count++];
}

static bool add_line(struct master_cf *master_cf, const char *path, const struct logical_line *line,
                     int default_process_limit, struct error *err)
{
    struct master_service service = {.line = line->number};

    if (line->orphaned) {
        warn(master_cf,
             mem_printf("%s, line %d: logical line must not start with whitespace: \"%.*s\"", path,
                        line->number, SPAN_PRINTF(line->text)));
        return true;
    }
    if (!parse_service(line->text, default_process_limit, master_cf->arena, &service, err)) {
        error_prefix(err, "%s, line %d", path, line->number);
        strlist_release(&service.arguments);
        return false;
    }
    *make_room(master_cf, path, &service) = service;
    return true;
}

struct master_cf *master_cf_parse(const char *path, struct span text, int default_process_limit,
                                  struct error *err)
{
    struct master_cf *master_cf = mem_new(struct master_cf);
    struct lines lines = LINES(text);
    struct logical_line line;
    bool done = true;

    master_cf->arena = arena_create();
    while (done && lines_next(&lines, &line))
        done = add_line(master_cf, path, &line, default_process_limit, err);
    lines_release(&lines);
    if (!done)
        master_cf_free(&master_cf);
    return master_cf;
}

struct master_cf *master_cf_read(const struct config *config, struct error *err)
{
    char *path = mem_printf("%s/master.cf", config_directory(config));
    struct buf content = BUF(MASTER_CF_MAX);
    struct master_cf *master_cf = NULL;

    if (file_read(AT_FDCWD, path, &content, err))
        master_cf = master_cf_parse(path, buf_span(&content), config->default_process_limit, err);
    for (size_t i = 0; master_cf != NULL && i < master_cf->warnings.count; i++)
        log_warning("%s", master_cf->warnings.items[i]);
    buf_release(&content);
    mem_free(path);
    return master_cf;
}

void master_cf_free(struct master_cf **master_cf)
{
    if (*master_cf == NULL)
        return;
    for (size_t i = 0; i < (*master_cf)->count; i++)
        strlist_release(&(*master_cf)->services[i].arguments);
    mem_free((*master_cf)->services);
    strlist_release(&(*master_cf)->warnings);
    arena_free(&(*master_cf)->arena);
    mem_free(*master_cf);
    *master_cf = NULL;
}

bool master_cf_is_superfluous(const char *program)
{
    static const char *const superfluous[] = {
        "postlogd",        /* every daemon has maillog_file open */
        "scache",          /* the SMTP client keeps its own connections */
        "trivial-rewrite", /* addresses are rewritten and resolved where that is needed */
    };

    for (size_t i = 0; i < ARRAY_LENGTH(superfluous); i++) {
        if (strcmp(superfluous[i], program) == 0)
            return true;
    }
    return false;
}

/* The next -o as written, well-formed or not; "--" ends them, as any word that is no option. */
static bool next_option(const struct master_service *service, size_t *position, const char **text_r)
{
    const struct strlist *arguments = &service->arguments;

    while (*position < arguments->count && arguments->items[*position][0] == '-') {
        const char *argument = arguments->items[(*position)++];

        if (strcmp(argument, "--") == 0)
            return false;
        if (argument[1] != 'o')
            continue;
        if (argument[2] == '\0' && *position == arguments->count)
            return false;
        *text_r = argument[2] == '\0' ? arguments->items[(*position)++] : argument + 2;
        return true;
    }
    return false;
}

bool master_cf_next_override(const struct master_service *service, size_t *position,
                             struct span *name_r, struct span *value_r)
{
    const char *text;

    while (next_option(service, position, &text)) {
        if (setting_split(braces_strip(span_text(text)), name_r, value_r) == NULL)
            return true;
    }
    return false;
}

void master_cf_visit_settings(const struct master_service *service, master_cf_visit *visit,
                              void *context)
{
    struct hash *last = hash_create(); /* the position behind the setting of a name */
    struct span name;
    struct span value;

    for (size_t position = 0; master_cf_next_override(service, &position, &name, &value);)
        (void)hash_put(last, name, (void *)(uintptr_t)position);
    for (size_t position = 0; master_cf_next_override(service, &position, &name, &value);) {
        if ((uintptr_t)hash_get(last, name) == position)
            visit(context, service, name, value);
    }
    hash_free(&last, NULL);
}

void master_cf_overrides(const struct master_service *service, struct strlist *overrides)
{
    size_t position = 0;
    const char *text;

    while (next_option(service, &position, &text))
        strlist_add(overrides, text);
}

const struct master_service *master_cf_find(const struct master_cf *master_cf, const char *name,
                                            enum service_type type)
{
    for (size_t i = 0; i < master_cf->count; i++) {
        if (master_cf->services[i].type == type && strcmp(master_cf->services[i].name, name) == 0)
            return &master_cf->services[i];
    }
    return NULL;
}
