/* The settings of tables that ask servers (lib/map/table_settings.h). */
#include "lib/map/table_settings.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/config/lines.h"
#include "lib/map/lines.h"

struct table_settings {
    const struct config *config;
    struct arena *arena;
    const char *name;
    struct hash *values; /* of const char *; NULL: main.cf has them */
    struct map_stamp stamp;
};

static struct table_settings *create(const struct config *config, const char *name)
{
    struct table_settings *settings = mem_new(struct table_settings);

    settings->config = config;
    settings->arena = arena_create();
    settings->name = arena_copy(settings->arena, name);
    settings->stamp = MAP_STAMP_NONE;
    return settings;
}

void table_settings_free(struct table_settings **settings)
{
    if (*settings == NULL)
        return;
    hash_free(&(*settings)->values, NULL);
    fd_close(&(*settings)->stamp.fd);
    arena_free(&(*settings)->arena);
    mem_free(*settings);
    *settings = NULL;
}

/* "name = value"; the last one of a name counts, as in main.cf. */
static bool take_line(struct table_settings *settings, const struct map_lines *lines,
                      struct span line, struct error *err)
{
    struct span name;
    struct span value;
    const char *fault = setting_split(line, &name, &value);
    char place[MAP_PLACE_MAX];

    if (fault != NULL) {
        error_set(err, ERROR_PERMANENT, "%s: %s: \"%.*s\"", map_lines_place(lines, place), fault,
                  SPAN_PRINTF(line));
        return false;
    }
    if (hash_put(settings->values, name, arena_text(settings->arena, value)) != NULL)
        log_warning("%s: overriding earlier entry: %.*s", map_lines_place(lines, place),
                    SPAN_PRINTF(name)); /* without its value, which may be a password */
    return true;
}

static bool take_lines(struct table_settings *settings, struct map_lines *lines, struct error *err)
{
    struct span line;

    settings->values = hash_create();
    while (map_lines_next(lines, &line, err)) {
        if (!take_line(settings, lines, line, err))
            return false;
    }
    return err->kind == ERROR_NONE;
}

struct table_settings *table_settings_parse(const struct config *config, const char *name,
                                            struct span text, struct error *err)
{
    struct table_settings *settings = create(config, name);
    struct map_lines lines;

    error_clear(err);
    map_lines_start_text(&lines, text, name);
    if (!take_lines(settings, &lines, err))
        table_settings_free(&settings);
    map_lines_release(&lines);
    return settings;
}

static bool read_file(struct table_settings *settings, struct error *err)
{
    struct map_lines lines;
    bool done;

    if (!map_stamp_open(&settings->stamp, settings->name, err))
        return false;
    error_clear(err);
    map_lines_start(&lines, settings->stamp.fd, settings->name);
    done = take_lines(settings, &lines, err);
    map_lines_release(&lines);
    return done;
}

/* All of them, for nobody knows here which of them the table will read; nothing is left out that could open a door. */
static bool check_main_cf(const struct table_settings *settings, struct error *err)
{
    char *prefix = mem_printf("%s_", settings->name);
    bool sound = config_check_names(settings->config, prefix, err);

    mem_free(prefix);
    return sound;
}

struct table_settings *table_settings_open(const struct config *config, const char *name,
                                           struct error *err)
{
    struct table_settings *settings = create(config, name);
    bool is_path = name[0] == '/' || name[0] == '.';

    if (!(is_path ? read_file(settings, err) : check_main_cf(settings, err)))
        table_settings_free(&settings);
    return settings;
}

bool table_settings_changed(const struct table_settings *settings)
{
    return map_stamp_changed(&settings->stamp);
}

const char *table_settings_name(const struct table_settings *settings)
{
    return settings->name;
}

const struct config *table_settings_config(const struct table_settings *settings)
{
    return settings->config;
}

/* NAME_setting in main.cf */
static const char *look_up_parameter(const struct table_settings *settings, const char *name)
{
    char *parameter = mem_printf("%s_%s", settings->name, name);
    const char *value = config_lookup(settings->config, parameter);

    mem_free(parameter);
    return value;
}

const char *table_setting(const struct table_settings *settings, const char *name,
                          const char *fallback)
{
    const char *value = settings->values == NULL ? look_up_parameter(settings, name)
                                                 : hash_get(settings->values, span_text(name));

    return value == NULL ? fallback : value;
}

/* A setting as Postfix names it in such messages: with its file, or as a parameter. */
static bool complain(const struct table_settings *settings, const char *what, const char *name,
                     const char *value, struct error *err)
{
    const char *table = settings->name;

    if (settings->values == NULL)
        error_set(err, ERROR_PERMANENT, "%s: %s_%s = %s", what, table, name, value);
    else
        error_set(err, ERROR_PERMANENT, "%s: %s: %s = %s", table, what, name, value);
    return false;
}

bool table_setting_text(const struct table_settings *settings, const char *name,
                        const char *fallback, const char **text_r, struct error *err)
{
    *text_r = table_setting(settings, name, fallback);
    if (*text_r == NULL || (*text_r)[0] != '\0')
        return true;
    return complain(settings, "bad string length 0 < 1", name, "", err);
}

/* Decimal digits, perhaps with a sign, as strtol(3) takes them. */
static bool is_number(const char *text, int *number_r)
{
    bool is_negative = text[0] == '-';
    uint64_t number;

    if (!span_to_u64(span_text(text + (is_negative || text[0] == '+')), INT_MAX, &number))
        return false;
    *number_r = is_negative ? -(int)number : (int)number;
    return true;
}

bool table_setting_number(const struct table_settings *settings, const char *name, int fallback,
                          int least, int *number_r, struct error *err)
{
    const char *text = table_setting(settings, name, NULL);

    *number_r = fallback;
    if (text == NULL || (is_number(text, number_r) && (least == 0 || *number_r >= least)))
        return true;
    return complain(settings, "bad numerical configuration", name, text, err);
}

bool table_setting_flag(const struct table_settings *settings, const char *name, bool fallback,
                        bool *flag_r, struct error *err)
{
    const char *text = table_setting(settings, name, fallback ? "yes" : "no");

    *flag_r = strcasecmp(text, "yes") == 0;
    if (*flag_r || strcasecmp(text, "no") == 0)
        return true;
    return complain(settings, "bad boolean configuration", name, text, err);
}

static bool check_one(const struct table_settings *settings,
                      const struct table_setting_check *check, struct error *err)
{
    const char *text;
    int number;
    bool flag;

    switch (check->kind) {
    case TABLE_SETTING_FLAG:
        return table_setting_flag(settings, check->name, false, &flag, err);
    case TABLE_SETTING_NUMBER:
        return table_setting_number(settings, check->name, 0, check->least, &number, err);
    case TABLE_SETTING_TEXT:
        return table_setting_text(settings, check->name, NULL, &text, err);
    }
    return false;
}

bool table_settings_check(const struct table_settings *settings,
                          const struct table_setting_check *checks, struct error *err)
{
    for (const struct table_setting_check *check = checks; check->name != NULL; check++) {
        if (!check_one(settings, check, err))
            return false;
    }
    return true;
}
