/* The entries of master.cf as an administrator wrote them. */
#include "tools/conf/service.h"

#include "lib/base/log.h"
#include "lib/config/lines.h"
#include "lib/config/master_cf.h"
#include "tools/conf/conf.h"
#include "tools/conf/print.h"

#define MASTER_WIDTH 79 /* one less than for main.cf: postconf has it so */

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_SERVICE] = "service", [FIELD_TYPE] = "type",
    [FIELD_PRIVATE] = "private", [FIELD_UNPRIVILEGED] = "unprivileged",
    [FIELD_CHROOT] = "chroot",   [FIELD_WAKEUP] = "wakeup",
    [FIELD_COMMAND] = "command", [FIELD_PROCESS_LIMIT] = "process_limit",
};

/* Where the fields of an entry stand on its line, if those before them leave room. */
static const size_t columns[FIELD_COUNT] = {0, 11, 17, 25, 33, 41, 49, 57};

const char *conf_service_field_name(enum conf_service_field field)
{
    return field_names[field];
}

enum conf_service_field conf_service_field_find(const char *name)
{
    enum conf_service_field field = FIELD_SERVICE;

    while (field < FIELD_COUNT && strcmp(field_names[field], name) != 0)
        field++;
    return field;
}

bool conf_service_check_field(const char *name, struct error *err)
{
    if (conf_service_field_find(name) < FIELD_COUNT)
        return true;
    error_set(err, ERROR_PERMANENT, "invalid service attribute name: \"%s\"", name);
    return false;
}

static struct argument *add_argument(struct conf_service *service)
{
    service->arguments =
        mem_resize(service->arguments, service->argument_count + 1, sizeof(*service->arguments));
    service->arguments[service->argument_count] = (struct argument){0};
    return &service->arguments[service->argument_count++];
}

static void add_text(struct conf_service *service, struct span text)
{
    add_argument(service)->value = mem_span(text);
}

static bool has_blank(struct span text)
{
    size_t at = 0;

    while (at < text.len && !is_space((unsigned char)text.data[at]))
        at++;
    return at < text.len;
}

/* A word without its braces; with them only where it could not be read back without. */
static void add_word(struct conf_service *service, struct span inside)
{
    bool braces = inside.len == 0 || has_blank(inside) || *inside.data == '{';

    add_argument(service)->value = mem_printf(braces ? "{%.*s}" : "%.*s", SPAN_PRINTF(inside));
}

/* What follows -o; when it is no setting, it stays as it is, and master will complain. */
static void add_option(struct conf_service *service, struct span word)
{
    struct span name;
    struct span value;
    const char *problem = setting_split(braces_strip(word), &name, &value);
    struct argument *argument;

    if (problem != NULL) {
        log_warning("master.cf: %s: \"%.*s\"", problem, SPAN_PRINTF(word));
        add_text(service, SPAN_LITERAL("-o"));
        add_text(service, word);
        return;
    }
    argument = add_argument(service);
    argument->name = mem_span(name);
    argument->value = mem_span(value);
}

/* Options end at the first word that is none, as the daemon sees it; what follows is the command's own. */
static void read_arguments(struct conf_service *service, const struct strlist *words)
{
    bool options = true;

    for (size_t i = FIELD_COUNT; i < words->count; i++) {
        struct span word = braces_strip(span_text(words->items[i]));

        options = options && span_starts_with(word, "-") && !span_equal_text(word, "--");
        if (!options || !span_starts_with(word, "-o"))
            add_word(service, word);
        else if (word.len > 2)
            add_option(service, span_skip(word, 2));
        else if (i + 1 < words->count)
            add_option(service, span_text(words->items[++i]));
        else
            add_text(service, word);
    }
}

static struct conf_service read_entry(struct span line)
{
    struct conf_service service = {0};
    struct strlist words = STRLIST_EMPTY;

    master_cf_split(line, &words);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        strlist_add(&service.fields, words.items[i]);
    read_arguments(&service, &words);
    strlist_release(&words);
    return service;
}

bool conf_service_parse(struct span line, struct conf_service *service_r, struct error *err)
{
    if (!master_cf_check_entry(line, err))
        return false;
    *service_r = read_entry(line);
    return true;
}

static void release_argument(struct argument *argument)
{
    mem_free(argument->name);
    mem_free(argument->value);
}

void conf_service_release(struct conf_service *service)
{
    strlist_release(&service->fields);
    for (size_t i = 0; i < service->argument_count; i++)
        release_argument(&service->arguments[i]);
    mem_free(service->arguments);
    *service = (struct conf_service){0};
}

struct conf_service_list *conf_service_list_parse(struct span text)
{
    struct conf_service_list *list = mem_new(struct conf_service_list);
    struct lines lines = LINES(text);
    struct logical_line line;

    while (lines_next(&lines, &line)) {
        if (line.orphaned)
            continue;
        list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
        list->items[list->count++] = read_entry(line.text);
    }
    return list;
}

void conf_service_list_free(struct conf_service_list **list)
{
    if (*list == NULL)
        return;
    for (size_t i = 0; i < (*list)->count; i++)
        conf_service_release(&(*list)->items[i]);
    mem_free((*list)->items);
    mem_free(*list);
    *list = NULL;
}

static void remove_argument(struct conf_service *service, size_t at)
{
    release_argument(&service->arguments[at]);
    service->argument_count--;
    memmove(&service->arguments[at], &service->arguments[at + 1],
            (service->argument_count - at) * sizeof(*service->arguments));
}

/* The place behind all options: before "--" and the first word that is no setting and begins without '-'. */
static size_t end_of_options(const struct conf_service *service)
{
    size_t at = 0;

    while (at < service->argument_count && (service->arguments[at].name != NULL ||
                                            (*service->arguments[at].value == '-' &&
                                             strcmp(service->arguments[at].value, "--") != 0)))
        at++;
    return at;
}

static void insert_option(struct conf_service *service, const char *name, const char *value)
{
    size_t at = end_of_options(service);

    (void)add_argument(service);
    memmove(&service->arguments[at + 1], &service->arguments[at],
            (service->argument_count - 1 - at) * sizeof(*service->arguments));
    service->arguments[at] = (struct argument){.name = mem_text(name), .value = mem_text(value)};
}

void conf_service_set_option(struct conf_service *service, const char *name, const char *value)
{
    bool found = false;

    for (size_t i = 0; i < service->argument_count;) {
        struct argument *argument = &service->arguments[i];

        if (argument->name == NULL || strcmp(argument->name, name) != 0) {
            i++;
        } else if (value == NULL) {
            remove_argument(service, i);
        } else {
            mem_free(argument->value);
            argument->value = mem_text(value);
            found = true;
            i++;
        }
    }
    if (!found && value != NULL)
        insert_option(service, name, value);
}

static void print_option(struct printer *printer, const char *name, const char *value)
{
    bool braces = has_blank(span_text(value));

    printer->complete = true;
    print_word(printer, SPAN_LITERAL("-o"));
    buf_put_printf(printer->out, braces ? " {%s=%s}" : " %s=%s", name, value);
    printer->complete = true;
}

/* What a setting is worth in this scope, even if another one of its name counts; as written when that cannot be said, with
 * a warning. */
static const char *expanded(const struct argument *argument, struct config_source *scope)
{
    const struct parameter *parameter = parameter_find(span_text(argument->name));
    struct error err = {0};
    const char *value;

    if (scope == NULL || (parameter != NULL && parameter->kind == PARAMETER_RAW))
        return argument->value;
    value = source_expand(scope, span_text(argument->value), &err);
    if (value != NULL)
        return value;
    log_warning("%s", err.text);
    return argument->value;
}

static void print_arguments(const struct conf_service *service, struct config_source *scope,
                            struct printer *printer)
{
    for (size_t i = 0; i < service->argument_count; i++) {
        const struct argument *argument = &service->arguments[i];

        if (argument->name != NULL)
            print_option(printer, argument->name, expanded(argument, scope));
        else
            print_word(printer, span_text(argument->value));
    }
}

void conf_service_print_command(const struct conf_service *service, const char *prefix,
                                unsigned show, struct config_source *scope, struct buf *out)
{
    struct printer printer = {
        .out = out, .folded = (show & SHOW_FOLDED) != 0, .width = MASTER_WIDTH};

    print_words(&printer, span_text(prefix));
    print_word(&printer, span_text(service->fields.items[FIELD_COMMAND]));
    print_arguments(service, scope, &printer);
    print_end(&printer);
}

/* One object, {"name/type": "the entry, one blank between its words"}: Postfix 3.11 postconf(1). */
static void print_json(const struct conf_service *service, struct config_source *scope,
                       struct buf *out)
{
    char *name = mem_printf("%s/%s", service->fields.items[FIELD_SERVICE],
                            service->fields.items[FIELD_TYPE]);
    struct buf entry = BUF(BUF_UNLIMITED);
    struct printer printer = {.out = &entry, .width = MASTER_WIDTH};

    for (size_t i = 0; i < FIELD_COUNT; i++)
        print_word(&printer, span_text(service->fields.items[i]));
    print_arguments(service, scope, &printer);
    print_setting(out, SHOW_JSON, name, buf_text(&entry));
    buf_release(&entry);
    mem_free(name);
}

void conf_service_print(const struct conf_service *service, unsigned show,
                        struct config_source *scope, struct buf *out)
{
    struct printer printer = {
        .out = out, .folded = (show & SHOW_FOLDED) != 0, .width = MASTER_WIDTH};

    if ((show & SHOW_JSON) != 0) {
        print_json(service, scope, out);
        return;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct span field = span_text(service->fields.items[i]);

        if (i > 0)
            print_column(&printer, columns[i]);
        buf_put(out, field);
        printer.column += field.len;
        printer.begun = true;
    }
    print_arguments(service, scope, &printer);
    print_end(&printer);
}

bool conf_service_set_field(struct conf_service *service, enum conf_service_field field,
                            const char *value, struct error *err)
{
    struct conf_service changed;
    struct buf line = BUF(BUF_UNLIMITED);
    bool done;

    for (size_t i = 0; i < FIELD_COMMAND; i++)
        buf_put_printf(&line, "%s ", i == field ? value : service->fields.items[i]);
    if (field == FIELD_COMMAND)
        buf_put_text(&line, value);
    else
        conf_service_print_command(service, "", 0, NULL, &line);
    done = conf_service_parse(buf_span(&line), &changed, err);
    buf_release(&line);
    if (done) {
        conf_service_release(service);
        *service = changed;
    }
    return done;
}

struct config_source *conf_service_scope(const struct conf_service *service, const char *directory,
                                         const struct strlist *overrides, struct error *err)
{
    struct strlist all = STRLIST_EMPTY;
    struct config_source *scope;

    for (size_t i = 0; i < overrides->count; i++)
        strlist_add(&all, overrides->items[i]);
    for (size_t i = 0; i < service->argument_count; i++) {
        const struct argument *argument = &service->arguments[i];

        if (argument->name != NULL) {
            char *setting = mem_printf("%s=%s", argument->name, argument->value);

            strlist_add(&all, setting);
            mem_free(setting);
        }
    }
    scope = source_read(directory, &all, service->fields.items[FIELD_SERVICE], err);
    if (scope != NULL)
        scope->as_written = true;
    strlist_release(&all);
    return scope;
}

bool conf_service_pattern_parse(const char *text, int parts, struct conf_service_pattern *pattern_r)
{
    struct span rest = span_text(text);
    struct span name = span_take_until(&rest, '/');
    bool has_type = name.len < strlen(text);
    struct span type = span_take_until(&rest, '/');
    bool has_rest = has_type && name.len + 1 + type.len < strlen(text);

    if (name.len == 0 || span_find(rest, '/') < rest.len || (parts < 3 && has_rest) ||
        (parts < 2 && has_type))
        return false;
    *pattern_r = (struct conf_service_pattern){
        .name = mem_span(name),
        .type = type.len > 0 || rest.len > 0 ? mem_span(type) : mem_text("*"),
        .rest = rest.len > 0 ? mem_span(rest) : NULL,
    };
    return true;
}

void conf_service_pattern_release(struct conf_service_pattern *pattern)
{
    mem_free(pattern->name);
    mem_free(pattern->type);
    mem_free(pattern->rest);
    *pattern = (struct conf_service_pattern){0};
}

static bool matches(const char *pattern, const char *text)
{
    return strcmp(pattern, "*") == 0 || strcmp(pattern, text) == 0;
}

bool conf_service_matches(const struct conf_service *service,
                          const struct conf_service_pattern *pattern)
{
    return matches(pattern->name, service->fields.items[FIELD_SERVICE]) &&
           matches(pattern->type, service->fields.items[FIELD_TYPE]);
}
