/* What follows replies that refuse. */
#include "smtpd/footer.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/status.h"

#include <stdio.h>
#include <time.h>

#define FOOTER_MAX (16 * 1024)

/* The names that a footer may have. */
struct values {
    const struct smtpd_session *session;
    char port[16];
    char localtime[32];
};

static const char *find_value(void *context, const char *name)
{
    struct values *values = context;
    const struct smtpd_session *session = values->session;
    time_t now = clock_wall().tv_sec;
    struct tm here;

    if (strcmp(name, "client_address") == 0)
        return session->peer.text;
    if (strcmp(name, "server_name") == 0)
        return session->config->myhostname;
    if (strcmp(name, "client_port") == 0) {
        snprintf(values->port, sizeof(values->port), "%u", session->peer.port);
        return values->port;
    }
    if (strcmp(name, "localtime") == 0) {
        if (localtime_r(&now, &here) == NULL ||
            strftime(values->localtime, sizeof(values->localtime), "%b %d %H:%M:%S", &here) == 0)
            return NULL;
        return values->localtime;
    }
    log_warning("unknown macro name \"%s\" in expansion request", name);
    return NULL;
}

/* By the reply in tables, else the one for all; false: none. */
static bool find_template(const struct smtpd_session *session, const struct buf *reply,
                          struct buf *template)
{
    struct error err = {0};

    if (maps_find(session->server->reject_footers, buf_span(reply), MAP_FOLD_KEY, template, NULL,
                  &err) != MAP_FOUND) {
        buf_clear(template);
        buf_put_text(template, session->config->smtpd_reject_footer);
    }
    return template->len > 0;
}

/* "550" and "5.1.1 " (or nothing), with which each line of the footer starts too; *last_line_r: where the last
 * line of the reply starts. */
static void take_prefix(struct arena *arena, const struct buf *reply, const char **code_r,
                        const char **status_r, size_t *last_line_r)
{
    struct span whole = buf_span(reply);
    size_t line_end = span_find_last(whole, '\n');
    struct span line = line_end < whole.len ? span_skip(whole, line_end + 1) : whole;
    struct span text = span_skip(line, 4);
    struct span status = delivery_status_take(&text);

    *code_r = arena_text(arena, span_first(line, 3));
    *status_r = status.len == 0 ? "" : arena_printf(arena, "%.*s ", SPAN_PRINTF(status));
    *last_line_r = whole.len - line.len;
}

/* The next line of a template: "\n" stands for the end of one. */
static struct span take_line(struct span *rest)
{
    struct span line = *rest;

    for (size_t i = 0; i + 1 < rest->len; i++) {
        if (rest->data[i] == '\\' && rest->data[i + 1] == 'n') {
            line = span_first(*rest, i);
            *rest = span_skip(*rest, i + 2);
            return line;
        }
    }
    *rest = SPAN_EMPTY;
    return line;
}

/* With "\c" at its start, the footer's first line goes on where the reply ends. */
static bool append(struct smtpd_session *session, struct buf *reply, struct span template,
                   struct error *err)
{
    struct arena *arena = session->command_arena;
    struct values values = {.session = session};
    bool joined = span_starts_with(template, "\\c");
    const char *code, *status;
    size_t last_line;

    take_prefix(arena, reply, &code, &status, &last_line);
    if (joined)
        template = span_skip(template, 2);
    while (template.len > 0) {
        const char *line = arena_text(arena, take_line(&template));

        if (!joined) {
            reply->data[last_line + 3] = '-';
            if (!buf_append_text(reply, "\r\n"))
                return false;
            last_line = reply->len;
            if (!buf_printf(reply, "%s %s", code, status))
                return false;
        }
        joined = false;
        if (!config_expand(line, find_value, &values, session->server->footer_filter, reply, err))
            return false;
    }
    return true;
}

void footer_add(struct smtpd_session *session, struct buf *reply)
{
    struct buf template = BUF(FOOTER_MAX);
    struct buf longer = BUF(reply->limit);
    struct error err = {0};

    if (reply->len > 4 && (reply->data[0] == '4' || reply->data[0] == '5') &&
        find_template(session, reply, &template)) {
        buf_put(&longer, buf_span(reply));
        if (append(session, &longer, buf_span(&template), &err)) {
            buf_clear(reply);
            buf_put(reply, buf_span(&longer));
        } else {
            log_warning("reject footer \"%.100s\": %s", buf_text(&template),
                        err.kind == ERROR_NONE ? "the reply is too long" : err.text);
        }
    }
    buf_release(&template);
    buf_release(&longer);
}
