# stb_image.h with what upstream corrected after 2.27 (Debian 12), each found here by a fuzzer: writing behind a Huffman table that claims more than
# 256 codes, reading behind one whose codes lead nowhere, endless digits in a PNM's header, PNG chunks that claim more than the file has. A newer file no longer holds these lines and stays as it is.
function(lehr_corrected_stb folder)
  find_file(LEHR_STB_IMAGE NAMES stb/stb_image.h stb_image.h PATHS ${LEHR_STB_DIR} NO_DEFAULT_PATH REQUIRED)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${LEHR_STB_IMAGE})
  file(READ ${LEHR_STB_IMAGE} text)
  string(REPLACE "               n += sizes[i];\n            }\n            L -= 17;"
                 "               n += sizes[i];\n            }\n            if (n > 256) return stbi__err(\"bad DHT header\",\"Corrupt JPEG\");\n            L -= 17;"
                 text "${text}")
  string(REPLACE "      value = value*10 + (*c - '0');\n      *c = (char) stbi__get8(s);\n   }"
                 "      value = value*10 + (*c - '0');\n      *c = (char) stbi__get8(s);\n      if (value > 99999999) return 0;\n   }"
                 text "${text}")
  string(REPLACE "   STBI_ASSERT((((j->code_buffer) >> (32 - h->size[c])) & stbi__bmask[h->size[c]]) == h->code[c]);\n"
                 "   if (c < 0 || c >= 256 || h->size[c] != k) return -1;\n"
                 text "${text}")
  file(CONFIGURE OUTPUT ${folder}/stb/stb_image.h CONTENT "${text}" @ONLY)
endfunction()
