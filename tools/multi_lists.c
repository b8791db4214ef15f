/* What buzonmulti writes into main.cf files, by buzonconf(1), which keeps their comments and survives a
 * crash. */
#include "lib/base/base.h"

#include "tools/multi_edit.h"

#include <stdlib.h>

char *multi_tool(const struct multi *multi, const char *name)
{
    return mem_printf("%s/%s", multi->instances[0].config->command_directory, name);
}

void multi_set(const struct multi *multi, const char *directory, const char *const *settings)
{
    const char *arguments[12] = {multi_tool(multi, "buzonconf"), "-c", directory, "-e"};
    size_t count = 4;

    while (*settings != NULL && count + 1 < ARRAY_LENGTH(arguments))
        arguments[count++] = *settings++;
    if (multi_run(multi, NULL, arguments) != 0)
        exit(1);
}

void multi_assign_names(const struct multi *multi, const char *directory)
{
    const char *settings[3] = {NULL};
    size_t count = 0;

    if (multi->new_name != NULL)
        settings[count++] = mem_printf("multi_instance_name = %s",
                                       strcmp(multi->new_name, "-") == 0 ? "" : multi->new_name);
    if (multi->new_group != NULL)
        settings[count++] = mem_printf("multi_instance_group = %s",
                                       strcmp(multi->new_group, "-") == 0 ? "" : multi->new_group);
    if (count > 0)
        multi_set(multi, directory, settings);
}

static void append_word(struct buf *list, const char *word)
{
    if (list->len > 0)
        buf_put_char(list, ' ');
    buf_put_text(list, word);
}

/* Where a new instance stands: before the first one that -i or -g names, in front with -a, else behind. */
static char *list_with(const struct multi *multi, const char *directory)
{
    struct buf list = BUF(BUF_UNLIMITED);
    bool placed = false;

    for (size_t i = 1; i < multi->count; i++) {
        if (!placed && multi->selects && multi_is_selected(multi, &multi->instances[i])) {
            append_word(&list, directory);
            placed = true;
        }
        append_word(&list, multi->instances[i].directory);
    }
    if (!placed)
        append_word(&list, directory);
    return buf_take(&list);
}

static char *list_without(const struct multi *multi, const char *directory)
{
    struct buf list = BUF(BUF_UNLIMITED);

    for (size_t i = 1; i < multi->count; i++) {
        if (strcmp(multi->instances[i].directory, directory) != 0)
            append_word(&list, multi->instances[i].directory);
    }
    return list.len == 0 ? mem_text("") : buf_take(&list);
}

/* The others' words of alternate_config_directories, and this one if it is to be there. */
static char *alternates(const struct multi *multi, const char *directory, bool listed)
{
    struct strlist old = STRLIST_EMPTY;
    struct buf list = BUF(BUF_UNLIMITED);

    strlist_split(&old, multi->instances[0].config->alternate_config_directories, ", \t\r\n");
    for (size_t i = 0; i < old.count; i++) {
        if (strcmp(old.items[i], directory) != 0)
            append_word(&list, old.items[i]);
    }
    if (listed)
        append_word(&list, directory);
    strlist_release(&old);
    return list.len == 0 ? mem_text("") : buf_take(&list);
}

/* An instance is in one of two lists of the primary one: managed, or merely allowed. */
static void update_lists(const struct multi *multi, const char *directories, const char *directory,
                         bool allowed)
{
    const char *settings[3] = {mem_printf("multi_instance_directories = %s", directories)};
    bool was_allowed = strlist_text_has(multi->instances[0].config->alternate_config_directories,
                                        ", \t\r\n", directory);

    if (was_allowed != allowed)
        settings[1] =
            mem_printf("alternate_config_directories = %s", alternates(multi, directory, allowed));
    multi_set(multi, multi->instances[0].directory, settings);
}

void multi_list_in(const struct multi *multi, const char *directory)
{
    update_lists(multi, list_with(multi, directory), directory, false);
}

void multi_list_out(const struct multi *multi, const char *directory, bool allowed)
{
    update_lists(multi, list_without(multi, directory), directory, allowed);
}
