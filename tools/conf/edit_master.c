/* Changes of master.cf: entries, their fields, and the parameters that they set. */
#include "tools/conf/edit.h"

#include "lib/base/log.h"
#include "lib/config/master_cf.h"
#include "tools/conf/conf.h"
#include "tools/conf/service.h"

enum fate { FATE_KEEP, FATE_PRINT, FATE_COMMENT_OUT, FATE_REMOVE };

/* The entries of the file in their order, and what becomes of each. */
struct plan {
    struct conf_service_list *services;
    enum fate *fates;
    struct conf_service_list added;
};

/* One request "service/type[/rest][=value]". */
struct edit_request {
    struct conf_service_pattern pattern;
    const char *value; /* NULL: none */
    const char *text;  /* all of it; borrowed */
};

typedef bool edit_service(struct conf_service *service, const struct edit_request *request,
                          struct error *err);

struct edit_kind {
    const char *syntax;
    int parts;
    bool with_value;
    enum fate fate;
    edit_service *edit; /* of each entry that is printed again */
    bool adds;          /* a request that matches nothing adds an entry */
    /* of the third part; NULL where there is none */
    bool (*check)(const char *rest, struct error *err);
};

static bool refuse(struct error *err, const char *syntax)
{
    error_set(err, ERROR_PERMANENT, "%s", syntax);
    return false;
}

/* A missing part, or one too many, is refused: what is changed must be said in full. */
static bool parse_request(const struct edit_kind *kind, const char *text,
                          struct edit_request *request_r, struct error *err)
{
    const char *equals = strchr(text, '=');
    char *place;
    bool done;

    if (!edit_request_check("-Me, -Fe, -Pe, -X, or -# accept", text, err))
        return false;
    if (kind->with_value && equals == NULL) {
        error_set(err, ERROR_PERMANENT, "missing %s: \"%s\"",
                  *text == '\0' ? "attribute name" : "'=' after attribute name", text);
        return false;
    }
    place = mem_span(
        span_trim(kind->with_value ? span_of(text, (size_t)(equals - text)) : span_text(text)));
    done = conf_service_pattern_parse(place, kind->parts, &request_r->pattern);
    request_r->text = text;
    request_r->value = kind->with_value ? equals + 1 + strspn(equals + 1, " \t") : NULL;
    if (done &&
        (strchr(place, '/') == NULL || (kind->parts == 3) != (request_r->pattern.rest != NULL))) {
        conf_service_pattern_release(&request_r->pattern);
        done = false;
    }
    mem_free(place);
    if (!done)
        return refuse(err, kind->syntax);
    if (kind->check == NULL || kind->check(request_r->pattern.rest, err))
        return true;
    conf_service_pattern_release(&request_r->pattern);
    return false;
}

/* What is wrong with an entry, and which one it is. */
static bool refuse_entry(const struct edit_request *request, struct error *err)
{
    const struct error why = *err;

    if (strcmp(why.text, "bad field count") == 0)
        error_set(err, why.kind, "%.900s: \"%.900s\"", why.text, request->text);
    else
        error_set(err, why.kind, "%.900s in \"%.900s\"", why.text, request->value);
    return false;
}

static bool add_service(struct plan *plan, const struct edit_request *request, struct error *err)
{
    struct conf_service service;

    if (!conf_service_parse(span_text(request->value), &service, err))
        return refuse_entry(request, err);
    plan->added.items =
        mem_resize(plan->added.items, plan->added.count + 1, sizeof(*plan->added.items));
    plan->added.items[plan->added.count++] = service;
    return true;
}

/* A new entry also takes the place of those that have its name and type. */
static bool is_replaced_by(const struct conf_service *service, const char *entry)
{
    struct strlist words = STRLIST_EMPTY;
    bool is_replaced;

    master_cf_split(span_text(entry), &words);
    is_replaced = words.count > FIELD_TYPE &&
                  strcmp(words.items[FIELD_SERVICE], service->fields.items[FIELD_SERVICE]) == 0 &&
                  strcmp(words.items[FIELD_TYPE], service->fields.items[FIELD_TYPE]) == 0;
    strlist_release(&words);
    return is_replaced;
}

static bool apply_request(struct plan *plan, const struct edit_kind *kind, const char *text,
                          struct error *err)
{
    struct edit_request request;
    bool found = false;
    bool done = true;

    if (!parse_request(kind, text, &request, err))
        return false;
    for (size_t i = 0; i < plan->services->count && done; i++) {
        struct conf_service *service = &plan->services->items[i];

        if (!conf_service_matches(service, &request.pattern) &&
            !(kind->adds && is_replaced_by(service, request.value)))
            continue;
        plan->fates[i] = found && kind->adds ? FATE_REMOVE : kind->fate; /* one takes all places */
        found = true;
        if (plan->fates[i] == FATE_PRINT)
            done = kind->edit(service, &request, err);
    }
    if (!found && kind->adds)
        done = add_service(plan, &request, err);
    else if (!found && kind->parts == 3)
        log_warning("unmatched service_name/type: \"%s\"", text);
    conf_service_pattern_release(&request.pattern);
    return done;
}

/* The file being written again, up to some line. */
struct writing {
    const struct plan *plan;
    struct buf *out;
    struct buf comments; /* behind an entry that is printed again, or within it */
    enum fate fate;      /* of the entry that the line belongs to */
    size_t next;         /* entry */
};

/* An entry is printed when all of it was seen: comments within it stand before it then. */
static void end_entry(struct writing *writing)
{
    if (writing->next > 0 && writing->fate == FATE_PRINT)
        conf_service_print(&writing->plan->services->items[writing->next - 1], SHOW_FOLDED, NULL,
                           writing->out);
    buf_put(writing->out, buf_span(&writing->comments));
    buf_clear(&writing->comments);
}

static void write_line(struct writing *writing, struct span line)
{
    bool is_comment = edit_is_comment(line);

    if (is_comment && writing->fate == FATE_PRINT) {
        edit_put_line(&writing->comments, "", line);
        return;
    }
    if (!is_comment && !is_space((unsigned char)*line.data)) {
        end_entry(writing);
        writing->fate = writing->plan->fates[writing->next++];
    } else {
        buf_put(writing->out, buf_span(&writing->comments));
        buf_clear(&writing->comments);
    }
    if (is_comment || writing->fate == FATE_KEEP)
        edit_put_line(writing->out, "", line);
    else if (writing->fate == FATE_COMMENT_OUT)
        edit_put_line(writing->out, "#", line);
}

/* Comments and blank lines stay, also within an entry that goes. */
static void write_plan(const struct plan *plan, struct span rest, struct buf *out)
{
    struct writing writing = {
        .plan = plan, .out = out, .comments = BUF(BUF_UNLIMITED), .fate = FATE_KEEP};

    while (rest.len > 0)
        write_line(&writing, span_take_until(&rest, '\n'));
    end_entry(&writing);
    buf_release(&writing.comments);
    for (size_t i = 0; i < plan->added.count; i++)
        conf_service_print(&plan->added.items[i], SHOW_FOLDED, NULL, out);
}

static bool is_taken(const struct edited_file *file, struct error *err)
{
    char *path = mem_printf("%s/%s", file->path, file->name);
    struct master_cf *master_cf = master_cf_parse(path, buf_span(&file->old), 0, err);
    bool taken = master_cf != NULL;

    master_cf_free(&master_cf);
    mem_free(path);
    return taken;
}

static bool make_plan(struct plan *plan, const struct edit_kind *kind,
                      const struct edited_file *file, const struct strlist *requests,
                      struct error *err)
{
    bool done = true;

    if (!is_taken(file, err))
        return false;
    plan->services = conf_service_list_parse(buf_span(&file->old));
    plan->fates = mem_resize(NULL, plan->services->count + 1, sizeof(*plan->fates));
    for (size_t i = 0; i < plan->services->count; i++)
        plan->fates[i] = FATE_KEEP;
    for (size_t i = 0; i < requests->count && done; i++)
        done = apply_request(plan, kind, requests->items[i], err);
    return done;
}

static void release_plan(struct plan *plan)
{
    conf_service_list_free(&plan->services);
    for (size_t i = 0; i < plan->added.count; i++)
        conf_service_release(&plan->added.items[i]);
    mem_free(plan->added.items);
    mem_free(plan->fates);
}

static bool edit_master(const char *directory, const struct edit_kind *kind,
                        const struct strlist *requests, struct error *err)
{
    struct plan plan = {0};
    struct edited_file file;
    bool done;

    if (!edited_file_open(&file, directory, "master.cf", err))
        return false;
    done = make_plan(&plan, kind, &file, requests, err);
    if (done) {
        write_plan(&plan, buf_span(&file.old), &file.changed);
        done = edited_file_store(&file, err);
    }
    release_plan(&plan);
    edited_file_close(&file);
    return done;
}

static bool replace_entry(struct conf_service *service, const struct edit_request *request,
                          struct error *err)
{
    struct conf_service changed;

    if (!conf_service_parse(span_text(request->value), &changed, err))
        return refuse_entry(request, err);
    conf_service_release(service);
    *service = changed;
    return true;
}

static bool change_field(struct conf_service *service, const struct edit_request *request,
                         struct error *err)
{
    enum conf_service_field field = conf_service_field_find(request->pattern.rest);

    if (field != FIELD_COMMAND && strpbrk(request->value, " \t\r") != NULL) {
        error_set(err, ERROR_PERMANENT, "-Fe does not accept whitespace in non-command field");
        return false;
    }
    return conf_service_set_field(service, field, request->value, err) ||
           refuse_entry(request, err);
}

static bool check_parameter(const char *name, struct error *err)
{
    return strcmp(name, "*") != 0 || refuse(err, "-Pe does not accept wild-card parameter name");
}

static bool change_parameter(struct conf_service *service, const struct edit_request *request,
                             struct error *err)
{
    if (request->value != NULL && strpbrk(request->pattern.rest, " \t\r\n") != NULL) {
        error_set(err, ERROR_PERMANENT, "missing '=' after attribute name: \"%s\"", request->text);
        return false;
    }
    conf_service_set_option(service, request->pattern.rest, request->value);
    return true;
}

bool edit_services(const char *directory, enum edit edit, const struct strlist *requests,
                   struct error *err)
{
    struct edit_kind kind = {.syntax = "-Me, -MX or -M# requires service_name/type", .parts = 2};

    if (edit == EDIT_SET) {
        kind.with_value = true;
        kind.fate = FATE_PRINT;
        kind.edit = replace_entry;
        kind.adds = true;
    } else {
        kind.fate = edit == EDIT_REMOVE ? FATE_REMOVE : FATE_COMMENT_OUT;
    }
    return edit_master(directory, &kind, requests, err);
}

bool edit_fields(const char *directory, const struct strlist *requests, struct error *err)
{
    const struct edit_kind kind = {
        .syntax = "-Fe or -FX requires service_name/type/field_name",
        .parts = 3,
        .with_value = true,
        .fate = FATE_PRINT,
        .edit = change_field,
        .check = conf_service_check_field,
    };

    return edit_master(directory, &kind, requests, err);
}

bool edit_service_parameters(const char *directory, enum edit edit, const struct strlist *requests,
                             struct error *err)
{
    const struct edit_kind kind = {
        .syntax = "-Pe or -PX requires service_name/type/parameter",
        .parts = 3,
        .with_value = edit == EDIT_SET,
        .fate = FATE_PRINT,
        .edit = change_parameter,
        .check = check_parameter,
    };

    return edit_master(directory, &kind, requests, err);
}
