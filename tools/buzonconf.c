/*
 * buzonconf shows and changes main.cf and master.cf, with the options and the output of postconf(1),
 * and explains what becomes of an address. It reads them by the same code as the daemons do, but takes
 * values as they are: a bad one is to be mended by this tool, not a reason to refuse its service.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/report.h"
#include "tools/conf/call.h"
#include "tools/conf/edit.h"
#include "tools/conf/explain.h"
#include "tools/conf/service.h"
#include "tools/conf/show.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define MASTER_CF_MAX (16U << 20)

/* --- changing ------------------------------------------------------------------------------------- */

static bool change(const struct call *call, struct error *err)
{
    enum edit edit = call_has(call, 'e')   ? EDIT_SET
                     : call_has(call, 'X') ? EDIT_REMOVE
                                           : EDIT_COMMENT_OUT;
    const char *directory = source_directory(call->directory);

    if (call->requests.count == 0)
        call_refuse("%s", edit == EDIT_SET ? "-e requires name=value argument"
                                           : "missing service argument");
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit of file size is an error like a full disk */
    if (call_has(call, 'M'))
        return edit_services(directory, edit, &call->requests, err);
    if (call_has(call, 'F'))
        return edit_fields(directory, &call->requests, err);
    if (call_has(call, 'P'))
        return edit_service_parameters(directory, edit, &call->requests, err);
    return edit_main(directory, edit, &call->requests, err);
}

/* --- showing main.cf and master.cf ---------------------------------------------------------------- */

static bool is_about_services(const struct call *call)
{
    return call_has(call, 'M') || call_has(call, 'F') || call_has(call, 'P');
}

static bool parse_master_cf(struct conf *conf, const char *path, struct span text,
                            struct error *err)
{
    conf->master_cf = master_cf_parse(path, text, 0, err);
    if (conf->master_cf == NULL)
        return false;
    conf->services = conf_service_list_parse(text);
    return true;
}

/* Of main.cf alone, it only says which services there are: then a missing one is no obstacle. */
static bool read_master_cf(struct call *call, struct error *err)
{
    char *path = mem_printf("%s/master.cf", source_directory(call->directory));
    struct buf content = BUF(MASTER_CF_MAX);
    bool done = false;

    if (file_read(AT_FDCWD, path, &content, err)) {
        done = parse_master_cf(&call->conf, path, buf_span(&content), err);
    } else if (!is_about_services(call)) {
        log_warning("%s", err->text);
        error_clear(err);
        done = true;
    }
    buf_release(&content);
    mem_free(path);
    return done;
}

static bool read_main_cf(struct call *call, struct error *err)
{
    struct conf *conf = &call->conf;

    if (call_has(call, 'd'))
        conf->source = source_defaults(CONFIG_DIRECTORY);
    else
        conf->source = source_read(call->directory, &conf->overrides, NULL, err);
    if (conf->source != NULL)
        conf->source->as_written = true;
    return conf->source != NULL;
}

static void release_files(struct conf *conf)
{
    usage_free(&conf->usage);
    conf_service_list_free(&conf->services);
    master_cf_free(&conf->master_cf);
    source_free(&conf->source);
}

/* Each request shows one file, and warns of that file alone. */
static void report(const struct call *call)
{
    unsigned files = is_about_services(call) ? REPORT_MASTER_CF : REPORT_ALL;

    if (call_has(call, 'q') || call_has(call, 'd'))
        return;
    source_find_flaws(call->conf.source);
    report_oddities(call->conf.source);
    report_malformed(call->conf.source, call->conf.master_cf, files);
    report_undefined(call->conf.source, call->conf.master_cf);
    report_unused(call->conf.source, call->conf.master_cf, files);
    report_unsupported(call->conf.source, call->conf.master_cf, files);
}

static bool show_files(struct call *call, struct buf *out, struct error *err)
{
    struct conf *conf = &call->conf;
    bool done = read_main_cf(call, err) && read_master_cf(call, err);

    if (done)
        conf->usage = usage_create(conf->source, conf->master_cf);
    if (done && call_has(call, 'M'))
        done = show_services(conf, &call->requests, out, err);
    else if (done && call_has(call, 'F'))
        done = show_fields(conf, &call->requests, out, err);
    else if (done && call_has(call, 'P'))
        done = show_service_parameters(conf, &call->requests, out, err);
    else if (done)
        done = show_main(conf, &call->requests, out, err);
    if (done)
        report(call);
    release_files(conf);
    return done;
}

/* --- showing anything else ------------------------------------------------------------------------ */

static bool show_bounces(struct call *call, struct buf *out, struct error *err)
{
    const char *file = call->requests.count == 0 ? NULL : call->requests.items[0];
    bool done;

    if (call->requests.count > 1)
        call_refuse("options -b and -t require at most one template file");
    if (!read_main_cf(call, err))
        return false;
    if (!call_has(call, 'q'))
        report_oddities(call->conf.source);
    done = show_bounce_templates(call->conf.source, file, call_has(call, 'b'), out, err);
    release_files(&call->conf);
    return done;
}

static bool explain(struct call *call, struct buf *out, struct error *err)
{
    if (call->requests.count == 0)
        call_refuse("-E requires an address");
    return explain_addresses(call->directory, &call->conf, call->sender, &call->requests, out, err);
}

static bool list_types(struct call *call, struct buf *out, struct error *err UNUSED)
{
    if (call_has(call, 'a') || call_has(call, 'A'))
        return true; /* smtpd offers no AUTH, and smtp uses none */
    if (call_has(call, 'l'))
        show_lock_types(out);
    else
        show_table_types(out);
    return true;
}

static bool answer_tls_question(struct call *call, struct buf *out, struct error *err UNUSED)
{
    return show_tls(call->program, call->tls_question, out);
}

/* What stands on standard output when this is done, or not at all. */
static bool show(struct call *call, struct error *err)
{
    static const struct {
        char option;
        bool (*show)(struct call *call, struct buf *out, struct error *err);
    } modes[] = {
        {'a', list_types         },
        {'A', list_types         },
        {'b', show_bounces       },
        {'E', explain            },
        {'l', list_types         },
        {'m', list_types         },
        {'t', show_bounces       },
        {'T', answer_tls_question},
    };
    struct buf out = BUF(BUF_UNLIMITED);
    size_t mode = 0;
    bool done;

    while (mode < ARRAY_LENGTH(modes) && !call_has(call, modes[mode].option))
        mode++;
    done = mode < ARRAY_LENGTH(modes) ? modes[mode].show(call, &out, err)
                                      : show_files(call, &out, err);
    if (done && !write_all(STDOUT_FILENO, buf_span(&out))) {
        error_errno(err, "write the output");
        done = false;
    }
    buf_release(&out);
    return done;
}

int main(int argc, char *argv[])
{
    struct call call;
    struct error err = {0};
    bool done;

    call_parse(&call, argc, argv);
    if (call_has(&call, 'e') || call_has(&call, 'X') || call_has(&call, '#'))
        done = change(&call, &err);
    else
        done = show(&call, &err);
    if (!done && err.text[0] != '\0')
        call_refuse("%s", err.text);
    call_release(&call);
    return done ? 0 : 1;
}
