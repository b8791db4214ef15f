/* Finding and loading the drivers of databases (lib/map/module.h). */
#include "lib/map/module.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>

#define LIST_MAX   (1U << 20) /* octets of a file that names modules */
#define LOADED_MAX 16

const struct map_host map_host = {
    .error_set = error_set,
    .log_warning = log_warning,
    .buf_append = buf_append,
    .buf_reserve = buf_reserve,
    .buf_commit = buf_commit,
    .buf_release = buf_release,
    .mem_alloc = mem_alloc,
    .mem_span = mem_span,
    .mem_free = mem_free,
    .setting = table_setting,
    .setting_number = table_setting_number,
    .setting_flag = table_setting_flag,
};

/* --- where it is --------------------------------------------------------------------------------- */

/* "type object ...": relative to shlib_directory. What stands behind them is Postfix's. */
static char *find_in_line(const struct config *config, struct span line, const char *type)
{
    struct span rest = span_trim(line);
    struct span name = span_take_word(&rest);
    struct span object = span_take_word(&rest);

    if (!span_equal_text(name, type) || object.len == 0)
        return NULL;
    if (object.data[0] == '/')
        return mem_span(object);
    return mem_printf("%s/%.*s", config->shlib_directory, SPAN_PRINTF(object));
}

/* In one file; one that is not there says nothing, one that cannot be read is worth a warning. */
static char *find_in_file(const struct config *config, const char *path, const char *type)
{
    struct buf content = BUF(LIST_MAX);
    struct error err;
    struct span rest;
    char *found = NULL;

    if (!file_read(AT_FDCWD, path, &content, &err)) {
        if (err.number != ENOENT)
            log_warning("%s", err.text);
        buf_release(&content);
        return NULL;
    }
    rest = buf_span(&content);
    while (rest.len > 0 && found == NULL)
        found = find_in_line(config, span_take_until(&rest, '\n'), type);
    buf_release(&content);
    return found;
}

static int is_listed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The drop-ins of packages, in the order of their names. */
static char *find_in_directory(const struct config *config, const char *type)
{
    char *directory = mem_printf("%s/dynamicmaps.cf.d", config->meta_directory);
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_listed, alphasort);
    char *found = NULL;

    for (int i = 0; i < count; i++) {
        char *path = mem_printf("%s/%s", directory, entries[i]->d_name);

        if (found == NULL)
            found = find_in_file(config, path, type);
        mem_free(path);
        free(entries[i]);
    }
    free(entries);
    mem_free(directory);
    return found;
}

/* Where it would be loaded from; owned. */
static char *find_module(const struct config *config, const char *type)
{
    char *list = mem_printf("%s/dynamicmaps.cf", config->meta_directory);
    char *found = find_in_file(config, list, type);

    mem_free(list);
    if (found == NULL)
        found = find_in_directory(config, type);
    if (found == NULL)
        found = mem_printf("%s/buzon-%s.so", config->shlib_directory, type);
    return found;
}

/* --- loading ------------------------------------------------------------------------------------- */

/* A module of another version of ours would be called with what it does not expect. */
static bool is_ours(const struct map_module *module, const char *type, const char *path,
                    struct error *err)
{
    if (module->abi != MAP_MODULE_ABI)
        error_set(err, ERROR_TEMPORARY, "%s has interface %u instead of %d", path, module->abi,
                  MAP_MODULE_ABI); /* nothing behind that number can be relied on */
    else if (strcmp(module->type, type) != 0)
        error_set(err, ERROR_TEMPORARY, "%s is for %s", path, module->type);
    else
        return true;
    return false;
}

static const struct map_module *load(const char *path, const char *type, struct error *err)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct map_module *module;

    if (object == NULL) {
        error_set(err, ERROR_TEMPORARY, "%s", dlerror());
        return NULL;
    }
    module = dlsym(object, MAP_MODULE_SYMBOL);
    if (module == NULL)
        error_set(err, ERROR_TEMPORARY, "%s is no module of buzon", path);
    if (module != NULL && is_ours(module, type, path, err))
        return module;
    (void)dlclose(object);
    return NULL;
}

const struct map_module *map_module_load(const struct config *config, const char *type,
                                         struct error *err)
{
    static const struct map_module
        *loaded[LOADED_MAX]; /* libraries of databases are never unloaded */
    static size_t count;
    const struct map_module *module;
    char *path;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(loaded[i]->type, type) == 0)
            return loaded[i];
    }
    path = find_module(config, type);
    module = load(path, type, err);
    mem_free(path);
    if (module == NULL)
        error_prefix(err, "unsupported dictionary type: %s (is its package installed?)", type);
    else if (count < LOADED_MAX)
        loaded[count++] = module;
    return module;
}
