/* The settings of tables that ask servers (lib/map/table_settings.h). */
#include "lib/map/table_settings.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
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
    struct span value = line;
    struct span name = span_trim(span_take_until(&value, '='));
    char place[MAP_PLACE_MAX];

    if (name.len == 0 || span_find(line, '=') == line.len) {
        error_set(err, ERROR_PERMANENT, "%s: expected \"name = value\"",
                  map_lines_place(lines, place));
        return false;
    }
    (void)hash_put(settings->values, name, arena_text(settings->arena, span_trim(value)));
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

struct table_settings *table_settings_open(const struct config *config, const char *name,
                                           struct error *err)
{
    struct table_settings *settings = create(config, name);

    if ((name[0] == '/' || name[0] == '.') && !read_file(settings, err))
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

const char *table_setting(const struct table_settings *settings, const char *name,
                          const char *fallback)
{
    const char *value;

    if (settings->values != NULL) {
        value = hash_get(settings->values, span_text(name));
    } else {
        char *full = mem_printf("%s_%s", settings->name, name);

        value = config_lookup(settings->config, full);
        mem_free(full);
    }
    return value == NULL ? fallback : value;
}

bool table_setting_number(const struct table_settings *settings, const char *name, int fallback,
                          int least, int *number_r, struct error *err)
{
    const char *text = table_setting(settings, name, NULL);
    uint64_t number;

    *number_r = fallback;
    if (text == NULL)
        return true;
    if (!span_to_u64(span_text(text), INT_MAX, &number) || (int)number < least) {
        error_set(err, ERROR_PERMANENT, "%s: bad numerical configuration: %s = %s", settings->name,
                  name, text);
        return false;
    }
    *number_r = (int)number;
    return true;
}

bool table_setting_flag(const struct table_settings *settings, const char *name, bool fallback,
                        bool *flag_r, struct error *err)
{
    const char *text = table_setting(settings, name, fallback ? "yes" : "no");

    *flag_r = strcasecmp(text, "yes") == 0;
    if (*flag_r || strcasecmp(text, "no") == 0)
        return true;
    error_set(err, ERROR_PERMANENT, "%s: bad boolean configuration: %s = %s", settings->name, name,
              text);
    return false;
}
