package chequecard.subset;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Functions that the export files of a version of the platform have: api-3.0.4.txt. */
final class ExportedApi {
    private final Map<String, Set<String>> members = new HashMap<>();

    ExportedApi(String version) {
        try (InputStream in = ExportedApi.class.getResourceAsStream("/api-" + version + ".txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.startsWith("#") && !line.isBlank()) {
                    String[] words = line.split(" ");
                    members.put(words[0], new HashSet<>(Arrays.asList(words).subList(1, words.length)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean has(String owner, String member) {
        return members.getOrDefault(owner, Set.of()).contains(member);
    }
}
