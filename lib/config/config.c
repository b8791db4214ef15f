/* From the expanded values of main.cf to struct config. */
#include "lib/config/config.h"

#include "lib/base/log.h"
#include "lib/config/computed.h"
#include "lib/config/source.h"
#include "lib/config/value.h"
#include "lib/io/hostname.h"

static bool bad(struct error *err, const char *what, const struct parameter *parameter,
                const char *value)
{
    error_set(err, ERROR_PERMANENT, "bad %s configuration: %s = %s", what, parameter->name, value);
    return false;
}

static bool store_choice(const struct parameter *parameter, const char *text, const char **member,
                         struct error *err)
{
    const char *const *choice = parameter_choices(parameter);

    for (; choice != NULL && *choice != NULL; choice++) {
        if (strcasecmp(*choice, text) == 0) {
            *member = *choice;
            return true;
        }
    }
    error_set(err, ERROR_PERMANENT, "bad value: %s = %s", parameter->name, text);
    return false;
}

static bool store_text(const struct config_source *source, const struct parameter *parameter,
                       const char *text, const char **member, struct error *err)
{
    *member = text;
    if (*text == '\0' && !parameter_may_be_empty(parameter)) {
        error_set(err, ERROR_PERMANENT, "bad string length 0 < 1: %s = ", parameter->name);
        return false;
    }
    if (parameter_is_hostname(parameter) && !hostname_is_valid(span_text(text))) {
        error_set(err, ERROR_PERMANENT, "file %s: parameter %s: bad parameter value: %s",
                  source->path, parameter->name, text);
        return false;
    }
    return true;
}

static bool store(const struct config_source *source, const struct parameter *parameter,
                  const char *text, void *member, struct error *err)
{
    switch ((enum parameter_kind)parameter->kind) {
    case PARAMETER_TEXT:
    case PARAMETER_RAW:
        return store_text(source, parameter, text, member, err);
    case PARAMETER_ENUM:
        return store_choice(parameter, text, member, err);
    case PARAMETER_BOOL:
        return value_bool(text, member) || bad(err, "boolean", parameter, text);
    case PARAMETER_INT:
        return value_int(parameter->name, text, parameter_minimum(parameter),
                         parameter_maximum(parameter), member, err);
    case PARAMETER_TIME:
        return value_seconds(parameter->name, text, value_time_unit(parameter->value),
                             parameter_minimum(parameter), member, err);
    case PARAMETER_SIZE:
        return value_number(text, INT64_MAX, member) || bad(err, "numerical", parameter, text);
    }
    return false;
}

/* Also of a default, which may refer to what is malformed: "" then, or 0, or no. */
static void store_default(struct config *config, const struct parameter *parameter, void *member)
{
    const char *text = computed_is(parameter)
                           ? ""
                           : source_expand(config->source, span_text(parameter->value), NULL);

    if (!store(config->source, parameter, text == NULL ? "" : text, member, NULL) &&
        parameter->kind == PARAMETER_ENUM)
        *(const char **)member = "";
}

/* A bad value that nobody obeys yet is nobody's trouble. */
static void store_row(struct config *config, const struct parameter *parameter)
{
    void *member = (char *)config + parameter->offset;
    struct error err = {0};
    const char *text = source_value(config->source, parameter, &err);

    if (text != NULL && store(config->source, parameter, text, member, &err))
        return;
    if (parameter->support != PARAMETER_LATER)
        source_note_flaw(config->source, parameter, &err);
    store_default(config, parameter, member);
}

struct config *config_read(const char *directory, const struct strlist *overrides,
                           const char *service, struct error *err)
{
    struct config_source *source = source_read(directory, overrides, service, err);
    struct config *config;

    if (source == NULL)
        return NULL;
    config = mem_new(struct config);
    config->source = source;
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        store_row(config, &parameters[i]);
    return config;
}

void source_find_flaws(struct config_source *source)
{
    struct config *unused = mem_new(struct config);

    unused->source = source;
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        if (source->known[i].text != NULL)
            store_row(unused, &parameters[i]);
    }
    mem_free(unused);
}

bool config_check(const struct config *config, const char *program, struct error *err)
{
    const struct config_source *source = config->source;

    for (size_t i = 0; i < source->flaw_count; i++) {
        const struct flaw *flaw = &source->flaws[i];

        if (program == NULL || parameter_has_reader(flaw->parameter, program)) {
            error_set(err, flaw->kind, "%s", flaw->text);
            return false;
        }
    }
    return true;
}

struct config *config_read_for(const char *program, const char *directory, struct error *err)
{
    struct config *config = config_read(directory, NULL, NULL, err);

    if (config != NULL && !config_check(config, program, err))
        config_free(&config);
    return config;
}

void config_free(struct config **config)
{
    if (*config == NULL)
        return;
    source_free(&(*config)->source);
    mem_free(*config);
    *config = NULL;
}

const char *config_directory(const struct config *config)
{
    return config->source->directory;
}

bool config_value(const struct config *config, const char *name, const char **value_r)
{
    struct error err = {0};

    if (source_value_of(config->source, span_text(name), value_r, &err))
        return true;
    log_warning("%s", err.text);
    return false;
}

const char *config_lookup(const struct config *config, const char *name)
{
    const char *value;

    return config_value(config, name, &value) ? value : NULL;
}

static const char *text_of_row(const struct config *config, const struct parameter *parameter)
{
    if (parameter->kind != PARAMETER_TEXT && parameter->kind != PARAMETER_RAW)
        return NULL;
    return *(const char *const *)((const char *)config + parameter->offset);
}

bool config_walk(const struct config *config, size_t *position, const char **value_r)
{
    const struct config_source *source = config->source;

    while (*position < PARAMETER_COUNT + source->setting_count) {
        size_t at = (*position)++;

        if (at < PARAMETER_COUNT)
            *value_r = text_of_row(config, &parameters[at]);
        else if (source->settings[at - PARAMETER_COUNT].parameter == NULL)
            *value_r = config_lookup(config, source->settings[at - PARAMETER_COUNT].name);
        else
            *value_r = NULL;
        if (*value_r != NULL)
            return true;
    }
    return false;
}

bool config_check_names(const struct config *config, const char *prefix, struct error *err)
{
    const struct config_source *source = config->source;
    const char *value;

    for (size_t i = 0; i < source->setting_count; i++) {
        const char *name = source->settings[i].name;

        if (strncmp(name, prefix, strlen(prefix)) == 0 &&
            !source_value_of(config->source, span_text(name), &value, err))
            return false;
    }
    return true;
}
