{
  # Plain C++ without JavaScript. No contraction of multiply and add: bits must not depend on what the compiler sees.
  'cflags!': ['-fno-exceptions'],
  'cflags_cc!': ['-fno-exceptions', '-fno-rtti'],
  'cflags_cc': ['-std=c++17', '-O3', '-ffp-contract=off', '-fno-math-errno', '-fvisibility=hidden', '-fPIC', '-Wall', '-Wextra'],
  'xcode_settings': {
    'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
    'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
    'GCC_OPTIMIZATION_LEVEL': '3',
    'MACOSX_DEPLOYMENT_TARGET': '11.0',
    'OTHER_CPLUSPLUSFLAGS': ['-ffp-contract=off', '-fno-math-errno'],
  },
  'msvs_settings': {
    'VCCLCompilerTool': {'ExceptionHandling': 1, 'FloatingPointModel': 0, 'AdditionalOptions': ['/std:c++17', '/utf-8', '/O2']},
  },
  'defines': ['_HAS_EXCEPTIONS=1'],
}
