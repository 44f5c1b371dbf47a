package chequecard.subset;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Functions that the export files of a version of the platform have: api-3.0.4.txt, and api-3.0.5.txt besides. */
final class ExportedApi {
    private final Map<String, Set<String>> members = new HashMap<>();
    private final Map<String, List<String>> supertypes = new HashMap<>();

    /** @param lists versions whose lists count: 3.0.4 alone, or both for 3.0.5 */
    ExportedApi(String... lists) {
        for (String list : lists) {
            read(list);
        }
    }

    private void read(String list) {
        try (InputStream in = ExportedApi.class.getResourceAsStream("/api-" + list + ".txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.startsWith("#") && !line.isBlank()) {
                    readLine(line.split(" "));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readLine(String[] words) {
        Set<String> own = members.computeIfAbsent(words[0], key -> new HashSet<>());
        for (int i = 1; i < words.length; i++) {
            if (words[i].contains("(")) {
                own.add(words[i]);
            } else {
                supertypes.computeIfAbsent(words[0], key -> new ArrayList<>()).add(words[i]);
            }
        }
    }

    boolean hasType(String type) {
        return members.containsKey(type);
    }

    /** @param member name and descriptor */
    boolean has(String owner, String member) {
        return members.getOrDefault(owner, Set.of()).contains(member)
            || supertypes.getOrDefault(owner, List.of()).stream().anyMatch(each -> has(each, member));
    }

    /** Own members of each class: name and descriptor. */
    Map<String, Set<String>> all() {
        return members;
    }
}
