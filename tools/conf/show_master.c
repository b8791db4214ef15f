/* buzonconf on master.cf: services, their fields, and the parameters that they set. */
#include "tools/conf/show.h"

#include "lib/base/log.h"
#include "tools/conf/print.h"
#include "tools/conf/service.h"

#include <stdlib.h>

/* Appends what a request asks of one service; *found_r when there is any. */
typedef bool show_service(const struct conf *conf, const struct conf_service *service,
                          const char *rest, struct buf *out, bool *found_r, struct error *err);

struct request_kind {
    const char *syntax;
    int parts;
    show_service *show;
    bool names_fields;
};

static bool is_any(const char *rest)
{
    return rest == NULL || strcmp(rest, "*") == 0;
}

static bool make_scope(const struct conf *conf, const struct conf_service *service,
                       struct config_source **scope_r, struct error *err)
{
    *scope_r = NULL;
    if ((conf->show & SHOW_EXPANDED) == 0)
        return true;
    *scope_r = conf_service_scope(service, conf->source->directory, &conf->overrides, err);
    return *scope_r != NULL;
}

static bool show_entry(const struct conf *conf, const struct conf_service *service,
                       const char *rest UNUSED, struct buf *out, bool *found_r, struct error *err)
{
    struct config_source *scope;

    if (!make_scope(conf, service, &scope, err))
        return false;
    conf_service_print(service, conf->show, scope, out);
    source_free(&scope);
    *found_r = true;
    return true;
}

static void show_command_json(struct buf *out, const char *name, const struct conf_service *service,
                              struct config_source *scope)
{
    struct buf command = BUF(BUF_UNLIMITED);
    char *text;

    conf_service_print_command(service, "", 0, scope, &command);
    text = mem_span(span_trim(buf_span(&command)));
    print_setting(out, SHOW_JSON, name, text);
    mem_free(text);
    buf_release(&command);
}

static void show_field(const struct conf *conf, const struct conf_service *service,
                       enum conf_service_field field, struct config_source *scope, struct buf *out)
{
    char *name = mem_printf("%s/%s/%s", service->fields.items[FIELD_SERVICE],
                            service->fields.items[FIELD_TYPE], conf_service_field_name(field));

    if (field != FIELD_COMMAND || (conf->show & SHOW_NO_VALUES) != 0) {
        print_setting(out, conf->show, name, service->fields.items[field]);
    } else if ((conf->show & SHOW_JSON) != 0) {
        show_command_json(out, name, service, scope);
    } else {
        char *prefix = (conf->show & SHOW_NO_NAMES) != 0 ? mem_text("") : mem_printf("%s =", name);

        conf_service_print_command(service, prefix, conf->show, scope, out);
        mem_free(prefix);
    }
    mem_free(name);
}

static bool show_service_fields(const struct conf *conf, const struct conf_service *service,
                                const char *rest, struct buf *out, bool *found_r, struct error *err)
{
    bool all = is_any(rest);
    enum conf_service_field wanted = all ? FIELD_SERVICE : conf_service_field_find(rest);
    struct config_source *scope;

    if (!make_scope(conf, service, &scope, err))
        return false;
    for (enum conf_service_field field = wanted; field < (all ? FIELD_COUNT : wanted + 1); field++)
        show_field(conf, service, field, scope, out);
    source_free(&scope);
    *found_r = true;
    return true;
}

static int compare_settings(const void *a, const void *b)
{
    const struct argument *const *first = a;
    const struct argument *const *second = b;
    int order = strcmp((*first)->name, (*second)->name);

    return order != 0 ? order : *first < *second ? -1 : 1;
}

static bool show_setting(const struct conf *conf, const struct conf_service *service,
                         const struct argument *setting, struct config_source *scope,
                         struct buf *out, struct error *err)
{
    const char *value = setting->value;
    char *name;

    if (scope != NULL && !source_value_of(scope, span_text(setting->name), &value, err))
        return false;
    name = mem_printf("%s/%s/%s", service->fields.items[FIELD_SERVICE],
                      service->fields.items[FIELD_TYPE], setting->name);
    print_setting(out, conf->show, name, value);
    mem_free(name);
    return true;
}

/* In the order of their names; of a name set twice the last one counts. */
static bool show_settings(const struct conf *conf, const struct conf_service *service,
                          const char *rest, struct buf *out, bool *found_r, struct error *err)
{
    const struct argument **settings =
        mem_resize(NULL, service->argument_count + 1, sizeof(*settings));
    struct config_source *scope;
    size_t count = 0;
    bool done;

    for (size_t i = 0; i < service->argument_count; i++) {
        const char *name = service->arguments[i].name;

        if (name != NULL && (is_any(rest) || strcmp(rest, name) == 0))
            settings[count++] = &service->arguments[i];
    }
    qsort(settings, count, sizeof(*settings), compare_settings);
    done = make_scope(conf, service, &scope, err);
    for (size_t i = 0; i < count && done; i++) {
        *found_r = true;
        if (i + 1 == count || strcmp(settings[i]->name, settings[i + 1]->name) != 0)
            done = show_setting(conf, service, settings[i], scope, out, err);
    }
    source_free(&scope);
    mem_free(settings);
    return done;
}

/* -PP: what main.cf and the defaults say to this service, too. */
static bool show_all_settings(const struct conf *conf, const struct conf_service *service,
                              const char *rest, struct buf *out, bool *found_r, struct error *err)
{
    struct conf seen = *conf;
    struct strlist own = STRLIST_EMPTY;
    char *prefix;
    bool done;

    seen.source = conf_service_scope(service, conf->source->directory, &conf->overrides, err);
    if (seen.source == NULL)
        return false;
    prefix = mem_printf("%s/%s/", service->fields.items[FIELD_SERVICE],
                        service->fields.items[FIELD_TYPE]);
    for (size_t i = 0; i < service->argument_count; i++) {
        if (service->arguments[i].name != NULL)
            strlist_add(&own, service->arguments[i].name);
    }
    done = show_effective(&seen, prefix, is_any(rest) ? NULL : rest, &own, out, found_r, err);
    source_free(&seen.source);
    strlist_release(&own);
    mem_free(prefix);
    return done;
}

struct request {
    struct conf_service_pattern pattern;
    bool found;
};

static bool parse_request(const struct request_kind *kind, const char *text,
                          struct conf_service_pattern *pattern_r, struct error *err)
{
    if (!conf_service_pattern_parse(text, kind->parts, pattern_r)) {
        error_set(err, ERROR_PERMANENT, "%s", kind->syntax);
        return false;
    }
    if (!kind->names_fields || is_any(pattern_r->rest) ||
        conf_service_check_field(pattern_r->rest, err))
        return true;
    conf_service_pattern_release(pattern_r);
    return false;
}

static struct request *parse_requests(const struct request_kind *kind,
                                      const struct strlist *requests, struct error *err)
{
    struct request *parsed = mem_resize(NULL, requests->count + 1, sizeof(*parsed));

    for (size_t i = 0; i < requests->count; i++) {
        parsed[i].found = false;
        if (parse_request(kind, requests->items[i], &parsed[i].pattern, err))
            continue;
        while (i-- > 0)
            conf_service_pattern_release(&parsed[i].pattern);
        mem_free(parsed);
        return NULL;
    }
    return parsed;
}

/* In the order of master.cf, whatever the order of the requests. */
static bool show_matches(const struct conf *conf, const struct request_kind *kind,
                         struct request *requests, size_t count, struct buf *out, struct error *err)
{
    for (size_t i = 0; i < conf->services->count; i++) {
        const struct conf_service *service = &conf->services->items[i];

        for (size_t j = 0; j < count; j++) {
            if (!conf_service_matches(service, &requests[j].pattern))
                continue;
            if (!kind->show(conf, service, requests[j].pattern.rest, out, &requests[j].found, err))
                return false;
        }
    }
    return true;
}

static bool show_requests(const struct conf *conf, const struct request_kind *kind,
                          const struct strlist *requests, struct buf *out, struct error *err)
{
    static char any[] = "*";
    struct request all = {
        .pattern = {.name = any, .type = any}
    };
    struct request *parsed;
    bool done;

    if (requests->count == 0)
        return show_matches(conf, kind, &all, 1, out, err);
    parsed = parse_requests(kind, requests, err);
    if (parsed == NULL)
        return false;
    done = show_matches(conf, kind, parsed, requests->count, out, err);
    for (size_t i = 0; i < requests->count; i++) {
        if (done && !parsed[i].found)
            log_warning("unmatched request: \"%s\"", requests->items[i]);
        conf_service_pattern_release(&parsed[i].pattern);
    }
    mem_free(parsed);
    return done;
}

bool show_services(const struct conf *conf, const struct strlist *requests, struct buf *out,
                   struct error *err)
{
    static const struct request_kind kind = {"-M option requires service_name[/type]", 2,
                                             show_entry, false};

    return show_requests(conf, &kind, requests, out, err);
}

bool show_fields(const struct conf *conf, const struct strlist *requests, struct buf *out,
                 struct error *err)
{
    static const struct request_kind kind = {"-F option requires service_name[/type[/field]]", 3,
                                             show_service_fields, true};

    return show_requests(conf, &kind, requests, out, err);
}

/* -C says which parameters are meant when no request does. */
bool show_service_parameters(const struct conf *conf, const struct strlist *requests,
                             struct buf *out, struct error *err)
{
    const char *syntax = "-P option requires service_name[/type[/parameter]]";
    const struct request_kind set = {syntax, 3, show_settings, false};
    const struct request_kind all = {syntax, 3, show_all_settings, false};
    struct conf every = *conf;

    if ((conf->show & SHOW_ALL) == 0)
        return show_requests(conf, &set, requests, out, err);
    if (requests->count > 0)
        every.classes = CLASS_BUILTIN | CLASS_SERVICE | CLASS_USER;
    return show_requests(&every, &all, requests, out, err);
}
