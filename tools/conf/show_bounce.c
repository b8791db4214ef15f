/* buzonconf on the templates of notifications. */
#include "tools/conf/show.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/delivery/bounce_template.h"

#include <fcntl.h>

#define TEMPLATES_MAX (1U << 20)

static const char *look_up(void *context, const char *name)
{
    struct error err = {0};
    const char *value;

    if (!source_value_of(context, span_text(name), &value, &err))
        log_warning("%s", err.text);
    return value;
}

static bool read_templates(const char *path, struct bounce_templates *templates_r,
                           struct error *err)
{
    struct buf text = BUF(TEMPLATES_MAX);
    struct strlist warnings = STRLIST_EMPTY;
    bool done = file_read(AT_FDCWD, path, &text, err) &&
                bounce_templates_parse(path, buf_span(&text), templates_r, &warnings, err);

    for (size_t i = 0; i < warnings.count; i++)
        log_warning("%s", warnings.items[i]);
    strlist_release(&warnings);
    buf_release(&text);
    return done;
}

static bool show_expanded(struct config_source *source, const struct bounce_template *words,
                          struct buf *out, struct error *err)
{
    buf_put_printf(out, "expanded_%s_text = <<EOF\n", words->kind);
    if (!bounce_template_expand(words, look_up, source, out, err))
        return false;
    buf_put_text(out, "EOF\n");
    return true;
}

bool show_bounce_templates(struct config_source *source, const char *path, bool expanded,
                           struct buf *out, struct error *err)
{
    struct bounce_templates templates = bounce_templates_builtin();
    bool done = true;

    if (path == NULL)
        path = source_value(source, &parameters[INDEX_bounce_template_file], err);
    if (path == NULL || (*path != '\0' && !read_templates(path, &templates, err)))
        return false;
    for (size_t i = 0; i < BOUNCE_TEMPLATE_COUNT && done; i++) {
        if (i > 0)
            buf_put_char(out, '\n');
        if (expanded)
            done = show_expanded(source, &templates.items[i], out, err);
        else
            bounce_template_print(&templates.items[i], out);
    }
    bounce_templates_release(&templates);
    return done;
}
